/** By which clock the agent lives: this browser's, or one that was chosen. */
import { useMemo, useState } from 'react'
import { browserTimeZone, forgetToldTimeZone, keepToldTimeZone, toldTimeZone } from '../../app/timeZone'
import type { SettingsPage } from '../../protocol'
import { locale } from '../../text/language'
import { words } from '../../text/pages'
import { SelectField } from '../../ui/kit/Field'
import styles from './Settings.module.css'
import { useChoice } from './useChoice'

const say = words.settings.times
const FOLLOWS = ''

export function TimeZone({ page }: { page: SettingsPage }) {
  const choice = useChoice('timeZone', page, say.timeZoneSaved)
  const here = browserTimeZone()
  const [told, setTold] = useState(toldTimeZone)
  const follows = choice.value === here && told === here
  const zones = useMemo(() => zonesWith(choice.value), [choice.value])

  const pick = (zone: string) => {
    const follow = zone === FOLLOWS
    if (follow) keepToldTimeZone(here)
    else forgetToldTimeZone()
    setTold(toldTimeZone())
    choice.choose(follow ? here : zone)
  }

  return (
    <div className={styles.choice}>
      <SelectField
        label={say.timeZone}
        hint={say.timeZoneHint}
        problem={choice.problem}
        value={follows ? FOLLOWS : (choice.value ?? FOLLOWS)}
        options={[{ value: FOLLOWS, label: say.asThisBrowser(withOffset(here)) }, ...zones]}
        onChange={({ target }) => pick(target.value)}
      />
    </div>
  )
}

function zonesWith(current: string | undefined): { value: string; label: string }[] {
  const known = Intl.supportedValuesOf('timeZone')
  const others = ['UTC', current].filter((zone): zone is string => zone !== undefined && !known.includes(zone))
  return [...new Set([...others, ...known])].map((value) => ({ value, label: withOffset(value) }))
}

/** `Asia/Seoul, GMT+9`: of two names that mean little, the one with the right hour is found. */
function withOffset(zone: string): string {
  try {
    const parts = new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'shortOffset' }).formatToParts()
    const offset = parts.find(({ type }) => type === 'timeZoneName')?.value
    return offset ? `${zone.replaceAll('_', ' ')}, ${offset}` : zone
  } catch {
    return zone
  }
}
