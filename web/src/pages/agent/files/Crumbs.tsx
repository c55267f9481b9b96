/** Where one is in the workspace, and the way back up. */
import { Link } from '@tanstack/react-router'
import { words } from '../../../text/pages'
import styles from './Files.module.css'
import { crumbsOf, shownName } from './paths'

const { files: text } = words

export function Crumbs({ path }: { path: string }) {
  const crumbs = [{ name: text.workspace, path: '' }, ...crumbsOf(path)]
  return (
    <nav aria-label={text.path}>
      <ol className={styles.crumbs}>
        {crumbs.map((crumb) => (
          <li key={crumb.path} className={styles.crumb}>
            <Link
              to="/agent/files"
              search={crumb.path ? { path: crumb.path } : {}}
              // Every folder's address is part of those below it.
              activeOptions={{ exact: true }}
              aria-current={crumb.path === path ? 'page' : undefined}
              className={styles.crumbLink}
            >
              <bdi>{shownName(crumb.name)}</bdi>
            </Link>
          </li>
        ))}
      </ol>
    </nav>
  )
}
