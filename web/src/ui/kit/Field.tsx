/** A labelled control, with a hint below it and what is wrong with it. */
import { Switch } from '@base-ui/react/switch'
import { type ComponentProps, type ReactNode, useId } from 'react'
import styles from './Field.module.css'

interface Around {
  label: string
  hint?: ReactNode
  /** What is wrong, as a sentence that helps. */
  problem?: string | null
}

interface Described {
  id: string
  'aria-describedby': string | undefined
  'aria-invalid': boolean
}

/** For a control of any kind: `children` is given what ties it to its label and its sentences. */
export function Field({ label, hint, problem, children }: Around & { children: (described: Described) => ReactNode }) {
  const id = useId()
  const parts = [hint && `${id} hint`, problem && `${id} problem`].filter(Boolean).map((part) => String(part).replace(' ', '-'))
  return (
    <div className={styles.field}>
      <label className={styles.label} htmlFor={id}>
        {label}
      </label>
      {children({ id, 'aria-describedby': parts.join(' ') || undefined, 'aria-invalid': Boolean(problem) })}
      {hint && (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      )}
      {problem && (
        <p id={`${id}-problem`} className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  )
}

export function TextField({ label, hint, problem, ...input }: Around & ComponentProps<'input'>) {
  return (
    <Field label={label} hint={hint} problem={problem ?? null}>
      {(described) => <input type="text" {...input} {...described} className={styles.control} />}
    </Field>
  )
}

export function TextArea({ label, hint, problem, ...area }: Around & ComponentProps<'textarea'>) {
  return (
    <Field label={label} hint={hint} problem={problem ?? null}>
      {(described) => <textarea dir="auto" rows={4} {...area} {...described} className={styles.control} />}
    </Field>
  )
}

interface SelectProps extends Around, Omit<ComponentProps<'select'>, 'children'> {
  options: readonly { value: string; label: string }[]
}

/** The browser's own: it is the one a phone makes easy. */
export function SelectField({ label, hint, problem, options, ...select }: SelectProps) {
  return (
    <Field label={label} hint={hint} problem={problem ?? null}>
      {(described) => (
        <select {...select} {...described} className={styles.control}>
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  )
}

interface SwitchProps {
  label: string
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
}

export function SwitchField({ label, hint, checked, onChange }: SwitchProps) {
  const id = useId()
  return (
    <div className={styles.switchField}>
      <div className={styles.words}>
        <span id={id} className={styles.label}>
          {label}
        </span>
        {hint && (
          <p id={`${id}-hint`} className={styles.hint}>
            {hint}
          </p>
        )}
      </div>
      <Switch.Root
        className={styles.switch}
        checked={checked}
        onCheckedChange={onChange}
        aria-labelledby={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
      >
        <Switch.Thumb className={styles.thumb} />
      </Switch.Root>
    </div>
  )
}
