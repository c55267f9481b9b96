/** How times are said in Korean, with and without spaces. Each rule takes what it understands out of the sentence. */
import type { Rule } from './english'
import type { Found, Half } from './found'

const DAYS = '월화수목금토일'
const NUMBERS = ['영', '한', '두', '세', '네', '다섯', '여섯', '일곱', '여덟', '아홉', '열', '열한', '열두']
/** Longer ones first: 열한 begins with 열. */
const NUMBER = NUMBERS.slice(1).toReversed().join('|')
const NIGHTS: Record<string, number> = { 하루: 1, 이틀: 2, 사흘: 3, 나흘: 4, 닷새: 5, 열흘: 10 }
const HALVES: Record<string, Half> = { 오전: 'am', 아침: 'am', 새벽: 'am', 오후: 'pm', 저녁: 'pm', 점심: 'noonish', 낮: 'noonish', 밤: 'night' }

const count = (text = ''): number => (NUMBERS.includes(text) ? NUMBERS.indexOf(text) : Number(text))

const days = (found: Found, names = ''): void => {
  for (const name of names) if (DAYS.includes(name)) found.weekdays.add(DAYS.indexOf(name))
}

const later = (found: Found, minutes: number): void => {
  found.minutesOn = (found.minutesOn ?? 0) + minutes
}

export const inKorean: readonly Rule[] = [
  [/((?<!\d)\d{1,4}|하루|이틀|사흘|나흘|닷새|열흘)\s*(?:일\s*)?(?:뒤|후)/g, (found, many = '') => (found.daysOn = NIGHTS[many] ?? Number(many))],
  [new RegExp(`((?<!\\d)\\d{1,4}|${NUMBER})\\s*시간\\s*(?:(반)|(\\d{1,4})\\s*분)?\\s*(?:뒤|후|있다가|이따가)`, 'g'), (found, hours, half, minutes) =>
    later(found, count(hours) * 60 + (half ? 30 : Number(minutes ?? 0)))],
  [/(?<!\d)(\d{1,4})\s*분\s*(?:뒤|후|있다가|이따가)/g, (found, minutes) => later(found, Number(minutes))],
  [/((?<!\d)\d{1,3}|일|이|삼|한|두|세)\s*주일?\s*(?:뒤|후)/g, (found, many = '') => (found.daysOn = 7 * ('일이삼'.indexOf(many) + 1 || count(many)))],

  [/(?:하루|일주일|한\s?달)에\s*(?:두|세|네|여러|\d+)\s*번/g, (found) => (found.beyond = 'times')],
  [/격주|격일|(?:\d+|이|삼|두|세)\s*(?:일|주일?|달|개월)\s*(?:마다|간격|에\s*한\s?번)|이틀(?:마다|에\s*한\s?번)|하루\s?걸러/g, (found) => (found.beyond = 'gaps')],
  [new RegExp(`(?:\\d+|${NUMBER})?\\s*시간(?:마다|에\\s*한\\s?번)|(?:\\d+)?\\s*분마다|매시간?|매분`, 'g'), (found) => (found.beyond = 'often')],
  [/매년|해마다|\d*\s*년마다|분기마다|매\s?분기/g, (found) => (found.beyond = 'rare')],
  [/(?:매[달월]\s*)?(?:마지막\s*(?:날|주|[월화수목금토일]요일)|말일|월말)/g, (found) => (found.beyond = 'last')],
  [/(?:첫|둘|두|셋|세|넷|네|다섯)\s*번?째?\s*(?:주\s*)?[월화수목금토일]요일/g, (found) => (found.beyond = 'nth')],

  [/내일\s?모레|모레/g, (found) => (found.daysOn = 2)],
  [/글피/g, (found) => (found.daysOn = 3)],
  [/내일/g, (found) => (found.daysOn = 1)],
  [/오늘/g, (found) => (found.daysOn = 0)],
  [/(?:다음|담)\s*주/g, (found) => (found.weeksOn = 1)],
  [/이번\s*주(?!\s*말)/g, (found) => (found.weeksOn = 0)],
  [/(?:다음|담)\s*달|내달/g, (found) => (found.monthsOn = 1)],
  [/이번\s*달|이달/g, (found) => (found.monthsOn = 0)],
  [/매일매일|매일|날마다|하루에?\s*한\s?번/g, (found) => found.rhythms.add('daily')],
  [/매주|주마다|일주일에\s*한\s?번/g, (found) => found.rhythms.add('weekly')],
  [/매[달월]|달마다|한\s?달에\s*한\s?번/g, (found) => found.rhythms.add('monthly')],
  [/평일|주중/g, (found) => {
    found.every = true
    days(found, '월화수목금')
  }],
  [/주말/g, (found) => {
    found.every = true
    days(found, '토일')
  }],

  [/(\d{4})\s*년\s*(\d{1,2})\s*월\s*(\d{1,2})\s*일/g, (found, year, month, date) =>
    found.dates.push({ year: Number(year), month: Number(month), date: Number(date) })],
  [/(\d{1,2})\s*월\s*(\d{1,2})\s*일/g, (found, month, date) => found.dates.push({ year: null, month: Number(month), date: Number(date) })],
  [/(\d{4})[.]\s*(\d{1,2})[.]\s*(\d{1,2})[.]?(?=\s|$)/g, (found, year, month, date) =>
    found.dates.push({ year: Number(year), month: Number(month), date: Number(date) })],
  [/(\d{1,2})\s*일/g, (found, date) => found.monthDays.add(Number(date))],

  [/([월화수목금토일])(?:요일)?\s*(?:~|-|–|부터|에서)\s*([월화수목금토일])(?:요일)?(?:\s*까지)?/g, (found, from = '', to = '') => {
    found.every = true
    for (let day = DAYS.indexOf(from); ; day = (day + 1) % 7) {
      found.weekdays.add(day)
      if (day === DAYS.indexOf(to)) break
    }
  }],
  [/([월화수목금토일](?:[\s·/]*[월화수목금토일])*)\s?요일/g, days],
  [/(?<=^|[\s·/])([월화수목금토일](?:[\s·/]*[월화수목금토일])*)(?=\s|$|마다|에)/g, days],

  [/정오/g, (found) => found.hours.push({ hour: 12, minute: 0, exact: true })],
  [/자정/g, (found) => (found.midnight = true)],
  [/(오전|오후|아침|새벽|점심|저녁|낮|밤)/g, (found, name = '') => found.halves.push(HALVES[name] ?? 'am')],
  // As some browsers write Korean times: `PM 2:30`.
  [/\b([ap])m(?=\s*\d{1,2}\s*[:시])/g, (found, part) => found.halves.push(part === 'a' ? 'am' : 'pm')],
  [new RegExp(`(\\d{1,2}|${NUMBER})\\s*시\\s*(?:(반)|(\\d{1,2})\\s*분)?`, 'g'), (found, hour, half, minute) =>
    found.hours.push({ hour: count(hour), minute: half ? 30 : Number(minute ?? 0), exact: /^0\d/.test(hour ?? '') })],
  [/(\d{1,2}):(\d{2})(?=\s*(?:에|마다|부터|쯤))/g, (found, hour, minute) =>
    found.hours.push({ hour: Number(hour), minute: Number(minute), exact: /^0\d/.test(hour ?? '') })],
  [/마다/g, (found) => (found.every = true)],
  [/(?<=^|\s)(?:에는|에|은|는|과|와|및|그리고|부터|정각|쯤|씩|한\s?번|날)+(?=\s|$)/g, () => undefined],
]
