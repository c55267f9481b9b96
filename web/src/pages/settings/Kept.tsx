/** docs/privacy.md in short. */
import { words } from '../../text/pages'
import { Card } from '../../ui/kit/Card'
import styles from './Data.module.css'

const say = words.data.kept

export function Kept() {
  return (
    <Card title={say.title} about={say.about}>
      <dl className={styles.facts}>
        {say.rows.map(({ what, until }) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>{until}</dd>
          </div>
        ))}
      </dl>
    </Card>
  )
}
