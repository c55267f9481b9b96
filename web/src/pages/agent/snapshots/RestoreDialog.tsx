/** Goes back to one moment: its files into a folder, which changes nothing else, or the whole agent in place. */
import { useId, useState } from 'react'
import { answer } from '../../../api/client'
import { useApp } from '../../../app/context'
import type { RestorePlace, SnapshotSummary } from '../../../protocol'
import { words } from '../../../text/pages'
import { Button } from '../../../ui/kit/Button'
import { Dialog } from '../../../ui/kit/Dialog'
import { TextField } from '../../../ui/kit/Field'
import { reworded } from '../../../ui/kit/reworded'
import { useDeed } from '../../../ui/kit/useDeed'
import { fullTime } from '../../../ui/time'
import { folderOf, folderProblem } from './folder'
import styles from './RestoreDialog.module.css'

const say = words.snapshots.restore

interface RestoreDialogProps {
  snapshot: SnapshotSummary
  onClose: () => void
}

export function RestoreDialog({ snapshot, onClose }: RestoreDialogProps) {
  const { rest } = useApp()
  const [into, setInto] = useState<RestorePlace>('folder')
  const [folder, setFolder] = useState('')
  // The same wish keeps its id, so that asking again after a lost answer asks for nothing more.
  const [requestId] = useState(() => crypto.randomUUID())
  const wrong = into === 'folder' ? folderProblem(folder) : null

  const restore = useDeed({
    run: () => {
      const body = into === 'folder' && folder !== '' ? { requestId, into, folder } : { requestId, into }
      const asked = rest.POST('/snapshots/{id}/restore', { params: { path: { id: snapshot.id } }, body })
      return reworded(answer(asked), { restore_under_way: say.underWay, not_found: words.snapshots.list.gone })
    },
    changes: ['snapshots', 'status', 'workspace'],
    done: say.asked,
    after: onClose,
  })

  return (
    <Dialog open title={say.title(fullTime(snapshot.at))} about={say.wakes} onClose={onClose}>
      <form
        className={styles.form}
        noValidate
        onSubmit={(event) => {
          event.preventDefault()
          if (wrong === null && !restore.busy) restore.run()
        }}
      >
        <fieldset className={styles.places}>
          <legend className="visually-hidden">{say.how}</legend>
          <Place value="folder" label={say.folder} about={say.folderAbout} chosen={into} onChoose={setInto} />
          <Place value="place" label={say.place} about={say.placeAbout} chosen={into} onChoose={setInto} />
        </fieldset>
        {into === 'folder' ? (
          <TextField
            label={say.name}
            hint={say.nameHint(folderOf(snapshot.at))}
            problem={wrong && say.nameProblems[wrong]}
            value={folder}
            dir="auto"
            autoComplete="off"
            onChange={(event) => setFolder(event.target.value)}
          />
        ) : (
          <InPlace />
        )}
        {restore.problem && (
          <p className={styles.problem} role="alert">
            {restore.problem}
          </p>
        )}
        <div className={styles.actions}>
          <Button onClick={onClose}>{words.common.cancel}</Button>
          <Button type="submit" tone={into === 'place' ? 'danger' : 'primary'} busy={restore.busy} disabled={wrong !== null}>
            {into === 'place' ? say.doPlace : say.doFolder}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface PlaceProps {
  value: RestorePlace
  label: string
  about: string
  chosen: RestorePlace
  onChoose: (into: RestorePlace) => void
}

function Place({ value, label, about, chosen, onChoose }: PlaceProps) {
  const id = useId()
  return (
    <div className={styles.place} data-chosen={value === chosen}>
      <input
        id={id}
        type="radio"
        name="into"
        className={styles.radio}
        checked={value === chosen}
        aria-describedby={`${id}-about`}
        onChange={() => onChoose(value)}
      />
      <div className={styles.words}>
        <label htmlFor={id} className={styles.label}>
          {label}
        </label>
        <p id={`${id}-about`} className={styles.about}>
          {about}
        </p>
      </div>
    </div>
  )
}

function InPlace() {
  return (
    <div className={styles.warning}>
      <ol className={styles.steps}>
        {say.placeSteps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <p>{say.placeStays}</p>
    </div>
  )
}
