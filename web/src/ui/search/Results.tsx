/** The options of the search, in their sections. */
import { words } from '../../text/pages'
import { shortDate } from '../time'
import { pieces } from './marks'
import styles from './Search.module.css'
import type { Option, Section } from './useOptions'

const { search: say } = words

const speakers: Record<string, string> = { user: say.you, assistant: say.agent }

interface ResultsProps {
  id: string
  sections: readonly Section[]
  active: Option | undefined
  idOf: (option: Option) => string
  onRun: (option: Option) => void
  onPoint: (option: Option) => void
}

export function Results({ id, sections, active, idOf, onRun, onPoint }: ResultsProps) {
  return (
    <div id={id} className={styles.results} role="listbox" aria-label={say.results}>
      {sections.map(({ title, options }) => (
        <div key={title} role="group" aria-label={title} className={styles.section}>
          <p className={styles.heading} aria-hidden="true">
            {title}
          </p>
          {options.map((option) => (
            // The keys are those of the field, which keeps the focus.
            // oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus
            <div
              key={option.id}
              id={idOf(option)}
              role="option"
              className={styles.option}
              aria-selected={option === active}
              data-kind={option.kind}
              onClick={() => onRun(option)}
              onPointerMove={() => option !== active && onPoint(option)}
            >
              <One option={option} />
            </div>
          ))}
        </div>
      ))}
    </div>
  )
}

function One({ option }: { option: Option }) {
  const { label, ranges, hit, at } = option
  const when = at ? <time className={styles.when}>{shortDate(at)}</time> : null
  if (!hit) {
    return (
      <>
        <span className={styles.label} dir="auto">
          <Marked text={label} ranges={ranges} />
        </span>
        {when}
      </>
    )
  }
  return (
    <>
      <span className={styles.said}>
        <span className={styles.where} dir="auto">
          {label}
        </span>
        <span className={styles.snippet} dir="auto">
          <span className={styles.speaker}>{speakers[hit.role] ?? say.system}: </span>
          <Marked text={hit.snippet} ranges={hit.matches} />
        </span>
      </span>
      {when}
    </>
  )
}

const Marked = ({ text, ranges }: { text: string; ranges: Option['ranges'] }) =>
  pieces(text, ranges).map((piece) => (piece.found ? <mark key={piece.at}>{piece.text}</mark> : piece.text))
