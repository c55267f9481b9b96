/**
 * Every sentence of the chat and of the frame around all pages. Another language is another file of this shape.
 * A catalogue imports nothing: the page waits for it, so it must wait for no part of the page.
 */
export const en = {
  product: 'OpenClaw',
  tagline: 'Your own agent. It sleeps when you do.',
  opening: 'Opening…',

  signIn: {
    title: 'Your agent is waiting',
    body: 'It keeps its memory and files between visits, sleeps when nobody needs it, and wakes for your first message.',
    action: 'Sign in',
    ended: 'Your session has ended. Sign in again to go on; nothing you sent is lost.',
    failed: 'Signing in did not work. Please try again.',
    unreachable: 'The sign-in service cannot be reached. Check your connection and try again.',
  },

  nav: {
    label: 'Conversations',
    open: 'Show conversations',
    close: 'Close conversations',
    create: 'New conversation',
    main: 'First conversation',
    untitled: 'Untitled conversation',
    empty: 'Your conversations will be listed here.',
    failed: 'The list could not be loaded.',
    signOut: 'Sign out',
    skip: 'Skip to the message box',
    skipToPage: 'Skip to the page',
    places: 'Agent and settings',
    agent: 'My agent',
    settings: 'Settings',
  },

  agent: {
    unknown: 'Checking…',
    asleep: 'Asleep',
    waking: 'Waking',
    ready: 'Ready',
    working: 'Working',
    stopping: 'Going to sleep',
    moving: 'Moving',
    offline: 'Offline',
    reconnecting: 'Reconnecting',
    label: 'Agent status:',
  },

  waking: {
    title: 'Waking your agent',
    stages: {
      provisioning: 'Finding a machine',
      startingGateway: 'Starting the gateway',
      connecting: 'Connecting to your agent',
      ready: 'Ready',
    },
    restoring: 'Getting its memory back',
    kept: 'Your message is saved and will be answered first.',
    left: (seconds: number) => (seconds > 90 ? `about ${Math.round(seconds / 60)} minutes left` : `about ${seconds} s left`),
    late: 'taking longer than usual',
    unknown: 'usually less than a minute',
    postponed: 'Waiting for a machine',
    nextTry: (seconds: number) => (seconds > 90 ? `next try in about ${Math.round(seconds / 60)} minutes` : `next try in about ${seconds} s`),
    trying: 'trying again any moment',
    progress: (stage: string, left: string) => `${stage}, ${left}`,
  },

  link: {
    reconnecting: 'Connection lost. Reconnecting; what you send is kept here and goes out once.',
    retry: 'Try now',
    signedOut: 'Your session has ended.',
    signIn: 'Sign in again',
  },

  demo: 'Answers come from the built-in demo model: set ANTHROPIC_API_KEY or OPENAI_API_KEY and restart.',

  empty: {
    title: 'What shall we do?',
    asleep: 'Your agent is asleep. The first message wakes it, which takes less than a minute.',
    awake: 'Your agent is awake and listening.',
    suggestionsLabel: 'Suggestions',
    suggestions: [
      'What can you do for me?',
      'How do you wake up and go back to sleep?',
      'Plan three focused hours for tomorrow morning',
      'Compare two options in a table and recommend one',
    ],
    // What the demo model knows something about.
    demoSuggestions: ['What are you?', 'How does this work?', 'What does it cost in the cloud?', 'How do I set a provider key?'],
  },

  composer: {
    label: 'Message',
    placeholder: 'Message your agent',
    send: 'Send message',
    stop: 'Stop reply',
    hint: 'Enter sends, Shift + Enter starts a new line',
    tooLong: (bytes: number, limit: number) =>
      `This message is too long: ${Math.ceil(bytes / 1024)} KB of at most ${limit / 1024} KB. Shorten it or send it in parts.`,
  },

  attachments: {
    label: 'Attached files',
    add: 'Attach files',
    drop: 'Drop files here to attach them',
    sending: (name: string) => `Sending ${name}`,
    remove: (name: string) => `Remove ${name}`,
    retry: (name: string) => `Send ${name} again`,
    waiting: 'Your message goes out as soon as its files are there.',
    failed: 'A file could not be sent. Send it again or remove it.',
    offline: 'Files need a connection. It goes on when the connection is back.',
    refused: 'The file was not taken. Send it again.',
    refusedTooLarge: 'The file is too large.',
    tooLarge: (name: string, size: string, limit: string) => `${name} is too large: ${size} of at most ${limit}.`,
    tooMany: (limit: number) => `A message takes at most ${limit} files. Send the others with the next one.`,
  },

  turn: {
    you: 'You',
    agent: 'Agent',
    system: 'System',
    sending: 'Sending…',
    kept: 'Not sent yet. It goes out when the connection is back.',
    thinking: 'Thinking…',
    ahead: (count: number) => (count === 1 ? '1 message is answered before this one.' : `${count} messages are answered before this one.`),
    next: 'Next in line.',
    saved: 'Your message is saved.',
    retrying: 'That did not work at once. Trying again…',
    napping: 'Your agent is going to sleep and will wake again for this message.',
    asleep: 'Your message is saved. Your agent wakes up for it.',
    interrupted: 'Interrupted. Your agent continues on a new machine.',
    moving: 'Waiting for a new machine…',
    stopping: 'Stopping…',
    empty: 'The agent finished without writing anything.',
    retry: 'Try again',
    askedAgain: 'Sent again',
    copy: 'Copy reply',
    copied: 'Copied',
    refused: 'Your message could not be sent.',
    dead: 'Your agent could not answer this, even after several tries.',
    incomplete: 'The rest of this reply could not be loaded.',
    outcome: {
      cancelled: 'You stopped this reply.',
      truncated: 'This reply was interrupted before its end.',
      failed: 'This reply failed before its end.',
    },
    via: (channel: string) => `via ${channel}`,
    fromSystem: 'Notice',
  },

  tools: {
    label: 'Steps',
    states: { start: 'running', end: 'done', error: 'failed' },
    working: (step: number) => `Step ${step}`,
    count: (total: number, failed: number) => `${total} ${total === 1 ? 'step' : 'steps'}${failed ? `, ${failed} failed` : ''}`,
  },

  thread: {
    label: 'Conversation',
    older: 'Show earlier messages',
    loading: 'Loading conversation…',
    latest: 'Jump to latest',
    reload: 'Try again',
    dismiss: 'Dismiss',
  },

  say: {
    replying: 'Your agent is replying.',
    finished: 'Reply finished.',
    waking: (stage: string) => `Waking your agent: ${stage}.`,
    queued: 'Message saved.',
    kept: 'Offline. Your message is kept and will be sent.',
  },

  code: { copy: 'Copy code', copied: 'Copied' },
  image: (alt: string) => (alt ? `Image not loaded: ${alt}` : 'Image not loaded'),

  errors: {
    network: 'The server cannot be reached. Check your connection.',
    signedOut: 'Your session has ended. Sign in again.',
    server: 'Something went wrong on our side. Try again in a moment.',
    busy: 'Too many requests at once. Wait a moment and try again.',
    unknown: 'Something went wrong. Try again.',
    config: 'The page could not be set up, because the server did not answer.',
    crashed: 'This page stumbled. Reload it; your conversation is safe on the server.',
    reload: 'Reload',
  },
} as const
