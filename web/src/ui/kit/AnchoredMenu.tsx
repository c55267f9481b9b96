/**
 * A menu that hangs on a button it does not own: the button is there at once, and this, with all it needs,
 * is loaded when somebody presses it. It is there as long as it is open.
 */
import { Menu as Base } from '@base-ui/react/menu'
import { useRef, useState } from 'react'
import type { MenuItem } from './Menu'
import styles from './Menu.module.css'

interface AnchoredMenuProps {
  anchor: HTMLElement
  label: string
  items: readonly MenuItem[]
  side?: 'bottom' | 'top'
  align?: 'start' | 'end'
  /** Nothing was picked. */
  onClose: () => void
}

export function AnchoredMenu({ anchor, label, items, side = 'bottom', align = 'end', onClose }: AnchoredMenuProps) {
  const [open, setOpen] = useState(true)
  const [picked, setPicked] = useState<MenuItem | null>(null)
  const first = useRef<HTMLElement>(null)
  const after = (isOpen: boolean) => {
    // It was opened by no trigger of its own, so it does not know that a key may have opened it.
    if (isOpen) return first.current?.focus()
    // Only when it is gone, so that what comes next finds the focus where the menu gave it back.
    if (picked) picked.run()
    else onClose()
  }
  return (
    <Base.Root open={open} onOpenChange={setOpen} onOpenChangeComplete={after}>
      {/* Beside its button, and so in the same landmark. */}
      <Base.Portal container={anchor.closest<HTMLElement>('aside, [role="dialog"]')}>
        <Base.Positioner className={styles.positioner} anchor={anchor} sideOffset={4} side={side} align={align}>
          <Base.Popup className={styles.popup} aria-label={label} finalFocus={() => anchor}>
            {items.map((item, index) => (
              <Base.Item
                key={item.label}
                ref={index === 0 ? first : undefined}
                className={styles.item}
                data-tone={item.tone ?? 'plain'}
                onClick={() => setPicked(item)}
              >
                {item.icon}
                {item.label}
              </Base.Item>
            ))}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}
