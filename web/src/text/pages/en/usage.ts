export const usage = {
  loading: 'Loading what was used…',

  totals: {
    title: 'Today and this month',
    about: 'Days and months are counted in UTC, as AWS bills them.',
    today: 'Today',
    month: (name: string) => name,
    what: 'What',
    messages: 'Messages answered',
    tokens: 'Tokens read and written',
    wakes: 'Wake-ups',
    awake: 'Awake',
    model: 'Model',
    machine: 'Machine (estimated)',
    address: 'Public address (estimated)',
    sum: 'Together (estimated)',
    notKnown: 'not known',
    unpriced: (count: number) =>
      count === 1
        ? 'The provider put no price on 1 reply of this month, so it is not in the model’s cost.'
        : `The provider put no price on ${count} replies of this month, so they are not in the model’s cost.`,
  },

  prices: {
    title: 'How this is counted',
    model: 'The model’s cost is what its provider said it charged.',
    machine: (region: string, day: string) =>
      `The machine’s cost is an estimate: seconds awake by AWS’s list prices for ${region}, read on ${day}, and its public address beside it. Requests, storage, traffic and the minute that each wake-up costs at least are not in it; your bill may differ.`,
    noMachine: 'What the machine costs cannot be estimated here, because its size is not known.',
    kept: 'Numbers are kept for 400 days.',
  },

  range: {
    label: 'Days',
    days: (count: number) => `${count} days`,
    month: 'Month',
    choose: 'A month…',
    empty: 'Nothing was used in these days',
    emptyAbout: 'When your agent has answered something, messages, tokens, hours and costs appear here, day by day.',
  },

  charts: {
    messages: { title: 'Messages by channel', web: 'Page', telegram: 'Telegram', schedule: 'Schedules' },
    tokens: { title: 'Tokens', input: 'Read', output: 'Written' },
    awake: { title: 'Time awake', spot: 'Spot', onDemand: 'On demand' },
    cost: {
      title: 'Cost',
      about: 'The model as its provider charged it; the machine and its address as we estimate them.',
      aboutModel: 'The model as its provider charged it.',
      model: 'Model',
      machine: 'Machine (estimated)',
      address: 'Address (estimated)',
    },
    total: (sum: string) => `${sum} in all`,
    sum: 'Total',
    day: 'Day',
    asTable: 'Show as table',
    asChart: 'Show as chart',
    pick: (title: string) => `${title}, day by day`,
    told: (day: string, total: string, parts: string) => `${day}: ${total}. ${parts}`,
    part: (name: string, value: string) => `${name} ${value}`,
  },

  cap: {
    title: 'Spending cap',
    about: 'The most that your agent may cost in a month, model and estimated machine together.',
    none: 'There is no cap.',
    meter: 'Spent of this month’s cap',
    spent: (spent: string, cap: string) => `${spent} of ${cap}`,
    resets: (day: string) => `It begins anew on ${day}.`,
    effect:
      'When it is reached, no new message is taken, whichever way it comes, schedules skip their runs, and nothing wakes your agent. What runs is not stopped, so a little more may be spent. Nothing is lost, and you can raise or remove the cap here at any time.',
    near: (percent: number) => `${percent} % of this month’s cap is spent.`,
    reached: 'This month’s cap is reached: no new message is taken. Raise or remove it to go on; nothing was lost.',
    reachedForAll: (day: string) =>
      `The cap that this server’s operator set for a month is reached: no new message is taken until ${day}. Nothing was lost.`,
    most: (most: string) => `This server’s operator lets an agent cost at most ${most} a month. Yours can be lower.`,
    set: 'Set a cap',
    change: 'Change',
    remove: 'Remove',
    removed: 'There is no cap any more.',
    saved: 'The cap is saved.',
    field: 'US dollars a month',
    hint: (most: string) => `From 0 to ${most}, with two decimals at most. At 0, nothing that costs is done.`,
    problem: (most: string) => `Write an amount from 0 to ${most} with two decimals at most, such as 12.50.`,
    below: (spent: string) => `${spent} is spent this month already, so no new message will be taken from now on.`,
    removeTitle: 'Remove the cap?',
    removeBody: 'Your agent may then cost as much as it is used. Nothing else changes.',
    removeBodyMost: (most: string) => `Then only the cap that this server’s operator set holds: ${most} a month. Nothing else changes.`,
  },
} as const
