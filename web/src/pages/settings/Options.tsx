/** A few options side by side, of which one holds. */
import { useId } from 'react'
import styles from './Settings.module.css'

interface OptionsProps<T extends string> {
  label: string
  hint?: string
  options: readonly { value: T; label: string; hint?: string; lang?: string }[]
  value: T
  onChoose: (value: T) => void
}

export function Options<T extends string>({ label, hint, options, value, onChoose }: OptionsProps<T>) {
  const name = useId()
  return (
    <fieldset className={styles.options} aria-describedby={hint ? `${name}-hint` : undefined}>
      <legend className={styles.legend}>{label}</legend>
      <div className={styles.row}>
        {options.map((option) => (
          <label key={option.value} className={styles.option} lang={option.lang}>
            <input type="radio" name={name} value={option.value} checked={option.value === value} onChange={() => onChoose(option.value)} />
            <span>
              {option.label}
              {option.hint && <small className={styles.optionHint}>{option.hint}</small>}
            </span>
          </label>
        ))}
      </div>
      {hint && (
        <p id={`${name}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
    </fieldset>
  )
}
