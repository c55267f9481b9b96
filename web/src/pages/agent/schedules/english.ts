/** How times are said in English. Each rule takes what it understands out of the sentence. */
import type { Found, Half, Hour } from './found'

export type Rule = readonly [RegExp, (found: Found, ...groups: (string | undefined)[]) => void]

const WEEKDAY = 'mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?'
const MONTH =
  'jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?'
const UNIT = 'minutes?|mins?|hours?|hrs?|days?|weeks?|months?'
const COUNT = 'an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half an|\\d{1,4}'

const weekday = (name = ''): number => ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].indexOf(name.slice(0, 3))
const month = (name = ''): number =>
  ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'].indexOf(name.slice(0, 3)) + 1

const NUMBERS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten', 'eleven', 'twelve']
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth', 'seventh', 'eighth', 'ninth', 'tenth']
const NUMBER = NUMBERS.slice(1).join('|')
const ORDINAL = ORDINALS.slice(1).join('|')

const count = (text = ''): number =>
  text === 'half an' ? 0.5 : text === 'a' || text === 'an' ? 1 : NUMBERS.includes(text) ? NUMBERS.indexOf(text) : Number(text)

const say = (found: Found, hour: string | undefined, minute?: string): void => {
  const said: Hour = { hour: count(hour), minute: Number(minute ?? 0), exact: /^0\d/.test(hour ?? '') }
  found.hours.push(said)
}

const addOn = (found: Found, many: string | undefined, unit = ''): void => {
  const number = count(many)
  if (unit.startsWith('month')) found.monthsOn = (found.monthsOn ?? 0) + number
  else if (unit.startsWith('w')) found.daysOn = (found.daysOn ?? 0) + number * 7
  else if (unit.startsWith('d')) found.daysOn = (found.daysOn ?? 0) + number
  else found.minutesOn = (found.minutesOn ?? 0) + number * (unit.startsWith('h') ? 60 : 1)
}

const half = (name = ''): Half => (name.startsWith('morning') ? 'am' : name.startsWith('night') ? 'night' : 'pm')

export const inEnglish: readonly Rule[] = [
  [/\bhalf an hour from now\b/g, (found) => addOn(found, 'half an', 'hour')],
  [new RegExp(`\\b(${COUNT}) (${UNIT}) from now\\b`, 'g'), addOn],
  [new RegExp(`\\bin (${COUNT}) (${UNIT})(?: and (${COUNT}) (${UNIT}))?\\b`, 'g'), (found, many, unit, more, moreUnit) => {
    addOn(found, many, unit)
    if (more) addOn(found, more, moreUnit)
  }],

  [/\b(?:twice|thrice|(?:two|three|four|\d+) times) (?:an?|per|each|every) (?:day|week|month)\b/g, (found) => (found.beyond = 'times')],
  [/\b(?:bi-?weekly|fortnightly|(?:every|each) (?:other|second|third|fourth|two|three|four|\d+|few) ?(?:days?|weeks?|months?))\b/g, (found) => (found.beyond = 'gaps')],
  [/\b(?:hourly|minutely|(?:every|each|an|per) (?:(?:other|few|half an?|two|three|four|five|ten|\d+) )?(?:hours?|minutes?|mins?|seconds?))\b/g, (found) => (found.beyond = 'often')],
  [/\b(?:yearly|annually|(?:every|each|per) (?:\d+ )?(?:years?|quarter)|quarterly)\b/g, (found) => (found.beyond = 'rare')],
  [/\blast (?:day|weekday|\w+day)(?: (?:of|in) (?:(?:the|each|every) )?month| every month| each month)?\b|\bend of (?:the|each|every) month\b/g, (found) => (found.beyond = 'last')],
  [new RegExp(`\\b(?:${ORDINAL}|[1-5](?:st|nd|rd|th)) (?:${WEEKDAY}|weekday|week)\\b`, 'g'), (found) => (found.beyond = 'nth')],

  [/\b(?:the )?day after tomorrow\b/g, (found) => (found.daysOn = 2)],
  [/\b(?:tomorrow|tmrw?)\b/g, (found) => (found.daysOn = 1)],
  [/\btonight\b/g, (found) => {
    found.daysOn = 0
    found.halves.push('night')
  }],
  [/\btoday\b/g, (found) => (found.daysOn = 0)],
  [/\bthis (morning|afternoon|evening)\b/g, (found, name) => {
    found.daysOn = 0
    found.halves.push(half(name))
  }],

  [new RegExp(`\\b(${WEEKDAY})s?\\.? ?(?:-|–|to|through|thru|until|till) ?(${WEEKDAY})s?\\b`, 'g'), (found, from, to) => {
    found.every = true
    for (let day = weekday(from); ; day = (day + 1) % 7) {
      found.weekdays.add(day)
      if (day === weekday(to)) break
    }
  }],
  [/\b(?:week ?days?|work ?days?|working days?|business days?)\b/g, (found) => {
    found.every = true
    for (const day of [0, 1, 2, 3, 4]) found.weekdays.add(day)
  }],
  [/\bweekends?\b/g, (found) => {
    found.every = true
    for (const day of [5, 6]) found.weekdays.add(day)
  }],
  [new RegExp(`\\bnext (${WEEKDAY})\\b`, 'g'), (found, name) => {
    found.weeksOn = 1
    found.weekdays.add(weekday(name))
  }],
  [/\b(mon|tue|wed|thu|fri|sat|sun)[a-z]*days\b/g, (found, name) => {
    found.every = true
    found.weekdays.add(weekday(name))
  }],
  [/\bnext week\b/g, (found) => (found.weeksOn = 1)],
  [/\bthis week\b/g, (found) => (found.weeksOn = 0)],
  [/\bnext month\b/g, (found) => (found.monthsOn = 1)],
  [/\bthis month\b/g, (found) => (found.monthsOn = 0)],

  [/\b(?:(?:once )?(?:an?|per|each|every) ?day|daily)\b/g, (found) => found.rhythms.add('daily')],
  [/\b(?:(?:once )?(?:an?|per|each|every) week|weekly)\b/g, (found) => found.rhythms.add('weekly')],
  [/\b(?:(?:once )?(?:an?|per|each|every) month|of the month|monthly)\b/g, (found) => found.rhythms.add('monthly')],
  [/\b(?:every|each) (morning|afternoon|evening|night)\b/g, (found, name) => {
    found.rhythms.add('daily')
    found.halves.push(half(name))
  }],

  [/\b(\d{4})-(\d{1,2})-(\d{1,2})(?:t(?=\d)|\b)/g, (found, year, at, date) => found.dates.push({ year: Number(year), month: Number(at), date: Number(date) })],
  [new RegExp(`\\b(\\d{1,2})(?:st|nd|rd|th)?(?: of)? (${MONTH})\\b\\.?(?: (\\d{4})\\b)?`, 'g'), (found, date, name, year) =>
    found.dates.push({ year: year ? Number(year) : null, month: month(name), date: Number(date) })],
  [new RegExp(`\\b(${MONTH})\\b\\.? (?:the )?(\\d{1,2})(?:st|nd|rd|th)?\\b(?![:.]\\d)(?: (\\d{4})\\b)?`, 'g'), (found, name, date, year) =>
    found.dates.push({ year: year ? Number(year) : null, month: month(name), date: Number(date) })],
  [/\b(?:day )?(\d{1,2})(?:st|nd|rd|th)\b|\bday (\d{1,2})\b(?! ?(?:am|pm)\b)/g, (found, date, other) => found.monthDays.add(Number(date ?? other))],
  [new RegExp(`\\b(${ORDINAL})\\b`, 'g'), (found, name) => found.monthDays.add(ORDINALS.indexOf(name ?? ''))],
  [new RegExp(`\\b(${WEEKDAY})\\b\\.?`, 'g'), (found, name) => found.weekdays.add(weekday(name))],

  [/\b(?:noon|midday)\b/g, (found) => found.hours.push({ hour: 12, minute: 0, exact: true })],
  [/\bmidnight\b/g, (found) => (found.midnight = true)],
  [new RegExp(`\\b(half|quarter) past (${NUMBER}|\\d{1,2})\\b`, 'g'), (found, part, hour) => say(found, hour, part === 'half' ? '30' : '15')],
  [new RegExp(`\\bquarter to (${NUMBER}|\\d{1,2})\\b`, 'g'), (found, hour) => say(found, String((count(hour) + 23) % 24), '45')],
  [/\b(\d{1,2})(?:[:.](\d{2}))?[\s\u202f]*(a|p)\.?m\b\.?/g, (found, hour, minute, part) => {
    say(found, hour, minute)
    found.halves.push(part === 'a' ? 'am' : 'pm')
  }],
  [/\b(\d{1,2})[:.h](\d{2})\b/g, say],
  [new RegExp(`\\b(${NUMBER}|\\d{1,2}) ?o['’]? ?clock\\b`, 'g'), say],
  [new RegExp(`\\bat (${NUMBER})\\b`, 'g'), say],
  [/\b(?:in the (morning|afternoon|evening)s?|at (night)|(morning|afternoon|evening|night)s?)\b/g, (found, ...names) =>
    found.halves.push(half(names.find((name) => name !== undefined)))],
  [/\b(\d{1,2})\b/g, say],
  [/\b(?:every|each)\b/g, (found) => (found.every = true)],
  [/\b(?:at|on|the|of|and|from|please|only|just|once|this|coming|in)\b|&/g, () => undefined],
]
