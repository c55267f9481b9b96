export const snapshots = {
  loading: 'Loading the snapshots…',

  list: {
    title: 'What your agent remembers',
    about:
      'A snapshot holds everything your agent knew at one moment: its memory, its conversations’ sessions and its files. One is taken every few minutes while something changes, when it goes to sleep, and when you ask.',
    kept: 'The newest of each hour is kept for 24 hours, of each day for 7 days, and of each week for 4 weeks, counting those that have one. The one your agent stands on always stays.',
    none: 'No snapshots yet',
    noneAbout:
      'The first one is taken a few minutes after your agent has done something, or when it goes to sleep. Then 24 hourly, 7 daily and 4 weekly ones are kept.',
    today: 'Today',
    yesterday: 'Yesterday',
    reasons: { periodic: 'Taken by itself', stop: 'When it went to sleep', requested: 'You asked for it' },
    newest: 'Newest',
    files: (count: number) => (count === 1 ? '1 file' : `${count.toLocaleString('en')} files`),
    added: (size: string) => `${size} new`,
    restore: 'Restore…',
    restoreOf: (time: string) => `Restore the snapshot of ${time}`,
    gone: 'This snapshot is not there any more: it was let go to make room. The list is read anew.',
  },

  save: {
    action: 'Save now',
    saving: 'Your agent saves what it knows as soon as nobody is being answered. The snapshot then appears here.',
    starting: 'Your agent is starting from what is saved, and saves what is new by itself.',
    stopping: 'Your agent is going to sleep, and saves everything as it does.',
    asleep: (time: string) => `Your agent is asleep, and everything is saved. The newest snapshot is of ${time}.`,
    nothing: 'There is nothing to save yet.',
    done: (time: string) => `Saved at ${time}.`,
    slow: 'There is no new snapshot yet. Either nothing has changed since the newest one, or your agent is busy and saves as soon as it is quiet.',
  },

  restore: {
    title: (time: string) => `Restore the snapshot of ${time}`,
    how: 'Where to?',
    folder: 'Into a folder',
    folderAbout: 'The files of then appear in a new folder of the workspace. Nothing else changes.',
    place: 'In place',
    placeAbout: 'Your agent becomes what it was then.',
    name: 'Name of the folder',
    nameHint: (name: string) => `Left empty, it is called ${name}.`,
    wakes: 'Your agent is woken for it if it sleeps.',
    nameProblems: {
      tooLong: 'This name is too long: 100 bytes at most, which is fewer letters in some scripts.',
      slash: 'A folder’s name has no slashes.',
      dot: 'A folder’s name does not begin with a dot.',
      space: 'A folder’s name neither begins nor ends with a space.',
      control: 'This name has a character that cannot be seen.',
    },
    placeSteps: [
      'What it is answering is finished, or answered again afterwards.',
      'It saves what it knows now, and stops.',
      'It starts again as it was then: memory, sessions and files.',
    ],
    placeStays: 'What came after stays in this list, so you can go forward again. What was said in your conversations stays to be read.',
    doFolder: 'Restore into a folder',
    doPlace: 'Go back to this moment',
    asked: 'The restore has begun.',
    underWay: 'Another restore is under way. Wait until it is done, then ask again.',
  },

  progress: {
    title: 'Restore',
    folder: (time: string, folder: string) => `The files of ${time} go into the folder ${folder}.`,
    place: (time: string) => `Your agent goes back to ${time}.`,
    aMoment: 'a moment that is not listed any more',
    waits: {
      Idle: 'Your agent is asleep and is being woken for it.',
      Starting: 'Your agent is starting, and does it then.',
      Running: 'Your agent is doing it.',
      Stopping: 'Your agent is stopping, and does it when it starts again.',
    },
    doneFolder: (folder: string) => `Done: the files lie in the folder ${folder}.`,
    donePlace: (time: string) => `Done: your agent is what it was at ${time}.`,
    open: 'Open the files',
    failed: 'The restore did not work. What your agent knows is as it was.',
  },
} as const
