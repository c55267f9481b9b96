/** Another title for a conversation. The list shows it at once. */
import { useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { answer } from '../api/client'
import { useApp } from '../app/context'
import { changeListed } from '../pages/useConversations'
import type { ConversationSummary } from '../protocol'
import { words } from '../text/pages'
import { Button } from './kit/Button'
import { Dialog } from './kit/Dialog'
import { TextField } from './kit/Field'
import { useDeed } from './kit/useDeed'
import styles from './SidebarDeeds.module.css'

const { conversations: say, common } = words

/** The server's limit, in characters. */
export const TITLE_CHARACTERS = 200

/** What is wrong with a title, or null. Characters are counted as the server counts them, and not in UTF-16 units. */
export function titleProblem(title: string): string | null {
  if (title.trim() === '') return say.titleEmpty
  const count = [...title.trim()].length
  return count > TITLE_CHARACTERS ? say.titleTooLong(count, TITLE_CHARACTERS) : null
}

interface RenameProps {
  conversation: ConversationSummary
  onClose: () => void
}

export function SidebarRename({ conversation, onClose }: RenameProps) {
  const { rest } = useApp()
  const queries = useQueryClient()
  const { conversationId: id } = conversation
  const [title, setTitle] = useState(conversation.title)
  const [asked, setAsked] = useState(false)
  const problem = titleProblem(title)
  const deed = useDeed({
    run: (next: string) => answer(rest.PATCH('/conversations/{id}', { params: { path: { id } }, body: { title: next } })),
    changes: ['conversations', 'search'],
    after: (_, next) => {
      changeListed(queries, id, { title: next })
      onClose()
    },
  })

  const save = (event: SyntheticEvent) => {
    event.preventDefault()
    setAsked(true)
    if (problem) return
    if (title.trim() === conversation.title) onClose()
    else deed.run(title.trim())
  }

  return (
    <Dialog open title={say.renameTitle} onClose={onClose}>
      <form className={styles.form} onSubmit={save} noValidate>
        <TextField
          label={say.title}
          value={title}
          dir="auto"
          autoComplete="off"
          // Shown only to who opened this dialog to write here.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
          onFocus={(event) => event.target.select()}
          onChange={(event) => setTitle(event.target.value)}
          problem={(asked ? problem : null) ?? deed.problem}
        />
        <div className={styles.actions}>
          <Button onClick={onClose}>{common.cancel}</Button>
          <Button type="submit" tone="primary" busy={deed.busy}>
            {common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
