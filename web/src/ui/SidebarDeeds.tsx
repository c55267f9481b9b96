/** What can be done with one conversation: the menu of its row, and the two dialogs behind it. */
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useApp } from '../app/context'
import type { ConversationSummary } from '../protocol'
import { words } from '../text/pages'
import { BinIcon, PenIcon } from './icons'
import { AnchoredMenu } from './kit/AnchoredMenu'
import { Confirm } from './kit/Dialog'
import { useDeed } from './kit/useDeed'
import { deleteConversation } from './SidebarDelete'
import { SidebarRename } from './SidebarRename'
import styles from './SidebarDeeds.module.css'

const { conversations: say, common } = words

interface DeedsProps {
  conversation: ConversationSummary
  /** The button of its row. */
  button: HTMLButtonElement
  current: string | null
  onClose: () => void
}

export function SidebarDeeds({ conversation, button, current, onClose }: DeedsProps) {
  const [step, setStep] = useState<'menu' | 'rename' | 'delete'>('menu')
  if (step === 'rename') return <SidebarRename conversation={conversation} onClose={onClose} />
  if (step === 'delete') return <Delete conversation={conversation} button={button} current={current} onClose={onClose} />
  const items = [
    { label: say.rename, icon: <PenIcon />, run: () => setStep('rename') },
    { label: say.delete, icon: <BinIcon />, tone: 'danger' as const, run: () => setStep('delete') },
  ]
  return <AnchoredMenu anchor={button} label={say.menu(conversation.title)} items={items} onClose={onClose} />
}

function Delete({ conversation, button, current, onClose }: DeedsProps) {
  const { rest } = useApp()
  const navigate = useNavigate()
  const { conversationId, title } = conversation
  const deed = useDeed({
    run: () => deleteConversation(rest, conversationId),
    changes: ['conversations', 'search'],
    after: () => {
      // The button that the focus would go back to goes with its row.
      const list = button.closest<HTMLElement>('nav')
      onClose()
      setTimeout(() => list?.focus())
      // What was said in it is not to be seen any more, and the way back does not lead to it.
      if (conversationId === current) void navigate({ to: '/', replace: true })
    },
  })
  return (
    <Confirm open title={say.deleteTitle(title)} action={say.deleteAction} cancel={common.cancel} busy={deed.busy} onConfirm={() => deed.run()} onClose={onClose}>
      <p>{say.deleteGoes}</p>
      <p>{say.deleteStays}</p>
      {deed.problem && (
        <p className={styles.problem} role="alert">
          {deed.problem}
        </p>
      )}
    </Confirm>
  )
}
