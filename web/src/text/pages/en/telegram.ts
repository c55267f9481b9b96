export const telegram = {
  loading: 'Looking whether an account is linked…',

  intro: {
    title: 'Talk to your agent in Telegram',
    about: 'The same agent, with the same memory. Your private chat with the bot and the first conversation on this page become one.',
    points: [
      'Write on your phone and read on here, or the other way round.',
      'Photos, files, voice messages and places are understood, up to 20 MB each.',
      'In groups it answers you when you mention it; each topic is a conversation of its own, and listed here.',
    ],
    ask: 'Get a code',
    asked: (time: string) => `A code that you asked for is good until ${time}. If you do not have it any more, get another; then only that one is good.`,
    noBot: 'This installation has no Telegram bot, so there is nothing to link with. Whoever operates it can set one up.',
  },

  code: {
    title: 'Link your account',
    about: (bot: string) => `Send this code to @${bot} from the account that you want to link. It is good once.`,
    aboutNameless: 'Send this code to the bot from the account that you want to link. It is good once.',
    label: 'Your code',
    copy: 'Copy',
    copied: 'Copied',
    left: (minutes: number, seconds: number) => `Good for ${minutes}:${String(seconds).padStart(2, '0')} more`,
    waiting: 'This page notices by itself when the link is made.',
    open: 'Open Telegram',
    or: 'On this device',
    qrTitle: 'With your phone',
    qr: (bot: string) => `QR code that opens @${bot} in Telegram with the code filled in`,
    qrHow: 'Point its camera at this and press Start in Telegram.',
    openHow: 'The code is filled in. Press Start there.',
    byHand: 'By hand',
    find: (bot: string) => `Look for @${bot} in Telegram.`,
    findNameless: 'Open the private chat with the bot in Telegram.',
    send: (command: string) => `Send it ${command} in the private chat.`,
    expired: 'This code has expired, and nobody can use it any more.',
    another: 'Get another code',
    cancel: 'Not now',
    tries: 'Wrong codes are all answered alike, and after five tries the bot listens to no more for an hour.',
  },

  linked: {
    announce: (name: string) => `Linked with ${name}.`,
    title: 'Your Telegram account is linked',
    about: 'What you write there and here is one conversation with one agent.',
    account: 'Account',
    id: (id: number) => `Telegram number ${id}`,
    since: 'Since',
    unlink: 'Unlink…',
    whereTitle: 'What is shown where',
    where: [
      { place: 'Your private chat', what: 'is the first conversation of this page. What is said on the page is shown there as a quotation, with the reply.' },
      { place: 'Topics and groups', what: 'are conversations of their own, one for each person who talks to the bot there. You find yours in the list on this page.' },
      { place: '/new', what: 'begins another conversation in the chat where it is sent. The one before stays in the list.' },
      { place: 'From before the link', what: 'what you said to the bot is in the list as well, for as long as the account is linked.' },
    ],
  },

  unlink: {
    title: (name: string) => `Unlink ${name}?`,
    body: [
      'The bot does not know you any more: what you write there reaches no agent of yours, and nothing of this page is shown there.',
      'Nothing that was said is lost. This page keeps all that you said in both, and Telegram keeps its own chat. What you told the bot before you linked is found there again.',
      'Every code is worthless from now on. You can link again at any time.',
    ],
    action: 'Unlink',
    done: 'Unlinked. Nothing that was said is lost.',
  },
} as const
