export const agent = {
  loading: 'Looking how your agent is…',

  now: {
    title: 'Right now',
    unknown: 'Asking how your agent is…',
    asleep: 'Your agent is asleep. No machine runs for it; the next message wakes it.',
    postponed: 'Your agent is asleep and waits for a machine. It is tried again by itself.',
    waking: 'Your agent is waking up.',
    ready: 'Your agent is awake and listening.',
    working: 'Your agent is awake and answering.',
    stopping: 'Your agent saves what it knows, and goes to sleep.',
    stale: 'There is no connection right now: this is how it was when the page last heard of it.',
    awakeSince: 'Machine since',
    since: (time: string, duration: string) => `${time} (${duration})`,
    nothing: 'None; it is asleep',
    waiting: 'Waiting for an answer',
    messages: (count: number) => (count === 0 ? 'Nothing' : count === 1 ? '1 message' : `${count} messages`),
    model: 'Model',
    noModel: 'The server’s own choice',
    demo: 'Demo model',
    change: 'Change in the settings',
    next: 'What comes next',
    sleepsAfter: (minutes: number) => `It goes to sleep after ${minutes === 1 ? 'a minute' : `${minutes} minutes`} without a message.`,
    sleepsBetween: (min: number, max: number) =>
      `It goes to sleep after ${min} to ${max} minutes without a message: sooner at hours at which you are seldom here.`,
    wakesByItself: 'It wakes for your next message, and for its schedules.',
    comesUp: 'When it is up, it answers what waits.',
    goesDown: 'When everything is saved, its machine is given back.',
    wakingNote: 'What you write meanwhile is saved, and answered first.',
  },

  steer: {
    title: 'Wake, stop, restart',
    wake: 'Wake',
    wakeAbout: 'When it sleeps: starts it now, so that your next message need not wait.',
    waking: 'Your agent is being woken.',
    noMachine: 'No machine is free right now, so your agent still sleeps. Try again in a moment; for a message that waits it is tried by itself.',
    stop: 'Stop',
    stopAbout: 'When it is awake: it ends what it is answering, saves what it knows, and sleeps.',
    stopped: 'Your agent is told: it ends its answer, saves, and sleeps.',
    stopTitle: 'Stop while it is answering?',
    stopBody: (count: number) =>
      count === 1
        ? 'A message waits for its answer. The answer that is being written may end first; what still waits then wakes your agent again. Nothing is lost.'
        : `${count} messages wait for their answers. The answer that is being written may end first; what still waits then wakes your agent again. Nothing is lost.`,
    restart: 'Restart',
    restartAbout: 'When it is awake: moves it to a new machine at once. Memory, files and conversations come along.',
    restarted: 'Your agent starts anew.',
    restartTitle: 'Restart while it is answering?',
    restartBody: (count: number) =>
      count === 1
        ? 'The answer that is being written breaks off and is begun anew on the new machine. What the agent did already, such as a file it wrote, stays done. The message is not lost.'
        : `The answer that is being written breaks off and is begun anew on the new machine; ${count} messages wait for it there. What the agent did already, such as a file it wrote, stays done. No message is lost.`,
    refused: {
      not_running: 'It is not awake right now, so there is nothing to stop. If it is waking up, it can be stopped when it is up.',
      unavailable: 'Your agent could not be reached just now. Nothing is lost; try again in a moment.',
      spend_cap_reached: 'This month’s spending cap is reached, so your agent is not woken. Raise or remove it on the Usage page.',
    },
  },

  wakes: {
    title: 'Wake-ups',
    about: (count: number, median: string) => `Usually ready after ${median} (the middle of the last ${count}).`,
    one: (duration: string) => `The last one was ready after ${duration}.`,
    when: 'When',
    took: 'Ready after',
    machine: 'Machine',
    underWay: 'still waking',
    capacity: { spot: 'Spot', onDemand: 'On demand', spare: 'Kept ready' },
    unknown: 'not known',
    loading: 'Loading the wake-ups…',
    none: 'No wake-ups yet',
    noneAbout: 'Each time your agent wakes, it will be listed here with how long that took.',
    all: (count: number) => `Show all ${count}`,
  },
} as const
