import type { Rest } from '../api/client'

/** Ends every session of the person, on all devices. */
export async function signOutEverywhere(rest: Rest): Promise<void> {
  // The route is newer than the types this page was built with.
  const { POST } = rest as unknown as { POST: (path: string) => Promise<unknown> }
  await POST('/me/sign-out')
}
