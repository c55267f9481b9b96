/** This month's spending cap, its user's and the operator's. */
import type { SettingsPage, UsageCap } from '../../../protocol'

export interface Cap {
  /** The lesser of the two, and what was spent of it. Not there: there is none. */
  holds: UsageCap | undefined
  /** What the user chose. */
  mine: number | undefined
  /** The operator's: the most that may be chosen. */
  most: number | undefined
}

export const capOf = (holds: UsageCap | undefined, settings: SettingsPage | undefined): Cap => ({
  holds,
  mine: settings?.chosen.spendCap?.usdPerMonth,
  most: settings?.offered.spendCap?.usdPerMonth,
})

const NEAR = 0.8

/** Four fifths of it are spent, or more. */
export const isNear = ({ spentUsd, usdPerMonth }: UsageCap): boolean => spentUsd >= usdPerMonth * NEAR

/** Its user cannot raise it. */
export const isOperators = ({ holds, most }: Cap): boolean => most !== undefined && holds !== undefined && holds.usdPerMonth >= most
