/** A list of deeds behind one button. */
import { Menu as Base } from '@base-ui/react/menu'
import type { ReactNode } from 'react'
import styles from './Menu.module.css'

export interface MenuItem {
  label: string
  icon?: ReactNode
  tone?: 'plain' | 'danger'
  run: () => void
}

interface MenuProps {
  /** What the button is called, for everybody. */
  label: string
  icon: ReactNode
  className?: string
  items: readonly MenuItem[]
}

export function Menu({ label, icon, className, items }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger className={className ?? styles.trigger} aria-label={label} title={label}>
        {icon}
      </Base.Trigger>
      <Base.Portal>
        <Base.Positioner className={styles.positioner} sideOffset={4} align="end">
          <Base.Popup className={styles.popup}>
            {items.map((item) => (
              <Base.Item key={item.label} className={styles.item} data-tone={item.tone ?? 'plain'} onClick={item.run}>
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
