/** The conversations: a column where there is room, a drawer where there is not. */
import { lazy, Suspense, useState } from 'react'
import { SidebarContents, type SidebarProps } from './SidebarContents'
import styles from './Sidebar.module.css'

const SidebarDrawer = lazy(async () => ({ default: (await import('./SidebarDrawer')).SidebarDrawer }))

export function Sidebar(props: SidebarProps) {
  const [wasOpened, setWasOpened] = useState(false)
  if (props.open && !wasOpened) setWasOpened(true)
  return (
    <>
      <aside className={styles.column}>
        <SidebarContents {...props} open={false} />
      </aside>
      {wasOpened && (
        <Suspense>
          <SidebarDrawer {...props} />
        </Suspense>
      )}
    </>
  )
}
