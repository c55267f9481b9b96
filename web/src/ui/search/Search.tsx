/** Everything by its name or by what was said in it, from the keyboard. */
import { Dialog } from '@base-ui/react/dialog'
import { type KeyboardEvent, useEffect, useId, useState } from 'react'
import { words } from '../../text/pages'
import { SearchIcon } from '../icons'
import { Results } from './Results'
import styles from './Search.module.css'
import { isLongEnough } from './useFound'
import { type Option, useOptions } from './useOptions'

const { search: say } = words

/** The server's limit, in characters. */
const LONGEST = 200

export function Search({ onClose }: { onClose: () => void }) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className={styles.backdrop} />
        <Dialog.Popup className={styles.popup} aria-label={say.title}>
          <Box onClose={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

/** The focus stays in the field; which option Enter means is said by `aria-activedescendant`. */
function Box({ onClose }: { onClose: () => void }) {
  const id = useId()
  const [query, setQuery] = useState('')
  const [chosen, setChosen] = useState<string | null>(null)
  const { sections, found } = useOptions(query)
  const options = sections.flatMap((section) => section.options)
  const active = options.find((option) => option.id === chosen) ?? options[0]
  const idOf = (option: Option) => `${id}-${options.indexOf(option)}`
  const activeId = active && idOf(active)

  useEffect(() => {
    if (activeId) document.getElementById(activeId)?.scrollIntoView({ block: 'nearest' })
  }, [activeId])

  const run = (option: Option) => {
    if (!option.stays) onClose()
    option.run()
  }
  const move = (by: number) => {
    const at = active ? options.indexOf(active) : -1
    setChosen(options[(at + by + options.length) % options.length]?.id ?? null)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter and the arrows belong to an input method while it composes.
    if (event.nativeEvent.isComposing) return
    const deed = { ArrowDown: () => move(1), ArrowUp: () => move(-1), Enter: () => active && run(active) }[event.key]
    if (!deed) return
    event.preventDefault()
    deed()
  }

  return (
    <>
      <div className={styles.box}>
        <SearchIcon />
        <input
          type="text"
          role="combobox"
          className={styles.field}
          aria-label={say.label}
          aria-expanded={options.length > 0}
          aria-controls={`${id}-list`}
          aria-activedescendant={activeId}
          aria-autocomplete="list"
          aria-describedby={`${id}-keys`}
          placeholder={say.placeholder}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          enterKeyHint="go"
          dir="auto"
          maxLength={LONGEST}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value)
            setChosen(null)
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <Results id={`${id}-list`} sections={sections} active={active} idOf={idOf} onRun={run} onPoint={(option) => setChosen(option.id)} />
      <p className={styles.note} data-shown={noteOf(found, query, options) !== ''} role={found.failed ? 'alert' : undefined}>
        {noteOf(found, query, options)}
      </p>
      <p id={`${id}-keys`} className={styles.keys}>
        {say.keys}
      </p>
      <p className="visually-hidden" role="status">
        {found.searching ? '' : say.count(options.filter(({ kind }) => kind !== 'further').length)}
      </p>
    </>
  )
}

/** One sentence on what is not in the list, and why. */
function noteOf({ searching, failed, hits, further }: ReturnType<typeof useOptions>['found'], query: string, options: Option[]): string {
  if (failed) return say.failed
  if (searching && hits.length === 0) return say.searching
  if (further && hits.length === 0 && isLongEnough(query.trim())) return say.reached
  return options.length === 0 ? say.nothing(query.trim()) : ''
}
