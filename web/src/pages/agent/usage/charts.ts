/** What is drawn day by day: of which kinds each number is made, and how it is written. */
import type { UsageTotals } from '../../../protocol'
import { locale } from '../../../text/language'
import { words } from '../../../text/pages'
import { duration } from '../status/duration'
import { usd } from './money'

const say = words.usage.charts

export interface Kind {
  label: string
  of: (totals: UsageTotals) => number
}

export interface Chart {
  id: string
  title: string
  about?: string
  kinds: readonly Kind[]
  /** In full, for a day and for the table. */
  write: (amount: number) => string
  /** By which unit an axis that ends at this amount counts, and how it writes it. */
  axis: (top: number) => { unit: number; write: (units: number) => string; whole: boolean }
}

const count = new Intl.NumberFormat(locale)
const compact = new Intl.NumberFormat(locale, { notation: 'compact' })

const counted = { write: count.format, axis: () => ({ unit: 1, write: compact.format, whole: true }) }

/** A day awake for minutes has an axis of minutes. */
function timeAxis(top: number) {
  const unit = top >= 2 * 3600 ? 3600 : top >= 2 * 60 ? 60 : 1
  return { unit, write: (units: number) => duration(units * unit), whole: unit === 1 }
}

export function chartsOf(machineIsKnown: boolean): Chart[] {
  const machine: Kind[] = [
    { label: say.cost.machine, of: ({ estimatedUsd }) => estimatedUsd?.machine ?? 0 },
    { label: say.cost.address, of: ({ estimatedUsd }) => estimatedUsd?.address ?? 0 },
  ]
  return [
    {
      ...counted,
      id: 'messages',
      title: say.messages.title,
      kinds: [
        { label: say.messages.web, of: ({ messages }) => messages.web },
        { label: say.messages.telegram, of: ({ messages }) => messages.telegram },
        { label: say.messages.schedule, of: ({ messages }) => messages.schedule },
      ],
    },
    {
      ...counted,
      id: 'tokens',
      title: say.tokens.title,
      kinds: [
        { label: say.tokens.input, of: ({ inputTokens }) => inputTokens },
        { label: say.tokens.output, of: ({ outputTokens }) => outputTokens },
      ],
    },
    {
      id: 'awake',
      title: say.awake.title,
      kinds: [
        { label: say.awake.spot, of: ({ awakeSeconds }) => awakeSeconds.spot },
        { label: say.awake.onDemand, of: ({ awakeSeconds }) => awakeSeconds.onDemand },
      ],
      write: duration,
      axis: timeAxis,
    },
    {
      id: 'cost',
      title: say.cost.title,
      about: machineIsKnown ? say.cost.about : say.cost.aboutModel,
      kinds: [{ label: say.cost.model, of: ({ modelUsd }) => modelUsd }, ...(machineIsKnown ? machine : [])],
      write: usd,
      axis: () => ({ unit: 1, write: usd, whole: false }),
    },
  ]
}

export const amountOf = ({ kinds }: Chart, totals: UsageTotals): number => kinds.reduce((sum, kind) => sum + kind.of(totals), 0)
