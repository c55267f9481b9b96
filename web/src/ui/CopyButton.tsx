import { useEffect, useState } from 'react'
import styles from './CopyButton.module.css'
import { CheckIcon, CopyIcon } from './icons'

export function CopyButton({ label, done, value }: { label: string; done: string; value: () => string }) {
  const [copied, setCopied] = useState(false)

  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])

  const copy = async () => {
    await navigator.clipboard.writeText(value())
    setCopied(true)
  }

  return (
    <button type="button" className={styles.copy} aria-label={copied ? done : label} title={label} onClick={() => void copy()}>
      {copied ? <CheckIcon /> : <CopyIcon />}
    </button>
  )
}
