/** What is pressed. One that is busy keeps its focus and its place. */
import type { ComponentProps, ReactNode } from 'react'
import styles from './Button.module.css'

interface ButtonProps extends Omit<ComponentProps<'button'>, 'disabled'> {
  tone?: 'plain' | 'primary' | 'danger' | 'quiet'
  /** Something is under way: it says so, and does nothing more until it is over. */
  busy?: boolean
  disabled?: boolean
  children: ReactNode
}

export function Button({ tone = 'plain', busy = false, disabled = false, onClick, className, type = 'button', ...rest }: ButtonProps) {
  const off = busy || disabled
  return (
    <button
      {...rest}
      // oxlint-disable-next-line react/button-has-type
      type={type}
      className={className ? `${styles.button} ${className}` : styles.button}
      data-tone={tone}
      aria-disabled={off}
      aria-busy={busy}
      onClick={(event) => (off ? event.preventDefault() : onClick?.(event))}
    />
  )
}
