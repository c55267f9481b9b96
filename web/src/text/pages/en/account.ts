export const account = {
  label: 'Account',
  everywhere: 'Sign out everywhere',
  everywhereTitle: 'Sign out on all devices?',
  everywhereAction: 'Sign out everywhere',
  everywhereEnds: 'Every browser and device that is signed in as you, this one too, has to sign in again. Some notice it only after a few minutes.',
  everywhereStays: 'Nothing is deleted. What your agent is working on goes on, and Telegram and schedules keep working.',
} as const
