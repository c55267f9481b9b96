export const account = {
  label: 'Account',
  everywhere: 'Sign out everywhere',
  everywhereTitle: 'Sign out on all devices?',
  everywhereAction: 'Sign out everywhere',
  everywhereEnds: 'Every browser and device that is signed in as you, this one too, has to sign in again. Some notice it only after a few minutes.',
  everywhereStays: 'Nothing is deleted. What your agent is working on goes on, and Telegram and schedules keep working.',
  losesTitle: (unsent: number) => (unsent === 1 ? 'Sign out and lose a message?' : `Sign out and lose ${unsent} messages?`),
  losesAction: 'Sign out anyway',
  stay: 'Stay signed in',
  loses: (unsent: number) =>
    unsent === 1
      ? 'One message is not sent yet. It is only in this browser, and signing out deletes it.'
      : `${unsent} messages are not sent yet. They are only in this browser, and signing out deletes them.`,
} as const
