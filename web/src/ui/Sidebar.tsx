/** The conversations: a column where there is room, a drawer where there is not. */
import { Suspense, useState } from 'react'
import { SidebarContents, type SidebarProps } from './SidebarContents'
import { soon } from './soon'
import styles from './Sidebar.module.css'

const SidebarDrawer = soon(async () => ({ default: (await import('./SidebarDrawer')).SidebarDrawer }))

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
