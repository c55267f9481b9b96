export const welcome = {
  label: 'How this works',
  title: 'Welcome',
  lead: 'This agent is yours. Three things are good to know before you write.',
  steps: [
    {
      title: 'It sleeps, and you wake it',
      body: 'Your first message wakes it, within about a minute. When you are quiet for a while it goes back to sleep, and asleep it costs nothing.',
    },
    {
      title: 'It remembers',
      body: 'Its memory and its files are saved before it sleeps, and are there when it wakes. You can see, download and delete them at any time.',
    },
    {
      title: 'It is yours alone',
      body: 'It runs on a machine of its own and shares nothing with other people’s agents. What you write goes to it and to the AI model that answers for it.',
    },
  ],
  telegram: 'You can also talk to it in Telegram.',
  connect: 'Connect Telegram',
  dismiss: 'Got it',
} as const
