/** US dollars, as exact as small amounts need to be. */
import { locale } from '../../../text/language'

const dollars = (digits: number) =>
  new Intl.NumberFormat(locale, { style: 'currency', currency: 'USD', minimumFractionDigits: digits, maximumFractionDigits: digits })
const cents = dollars(2)
const parts = dollars(4)
const LEAST = 0.0001

export function usd(amount: number): string {
  if (amount > 0 && amount < LEAST / 2) return `< ${parts.format(LEAST)}`
  const inParts = Math.round(amount / LEAST)
  const isWhole = amount >= 1 || inParts % 100 === 0
  return (isWhole ? cents : parts).format(amount)
}
