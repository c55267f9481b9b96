export const conversations = {
  menu: (title: string) => `Options for ${title}`,
  rename: 'Rename',
  renameTitle: 'Rename conversation',
  title: 'Title',
  titleEmpty: 'A title needs at least one character.',
  titleTooLong: (count: number, limit: number) => `This title has ${count} characters, and at most ${limit} are possible.`,
  delete: 'Delete',
  deleteTitle: (title: string) => `Delete “${title}”?`,
  deleteAction: 'Delete conversation',
  deleteGoes: 'Everything said in it goes, on all your devices, and cannot be brought back.',
  deleteStays: 'Your agent keeps what it has learned from it, and the files in its workspace. You can ask it to forget something.',
  waits: 'A message of this conversation waits for an answer. Stop it or wait for the answer, then delete the conversation.',
} as const
