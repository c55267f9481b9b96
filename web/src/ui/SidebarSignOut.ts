import { answer, type Rest } from '../api/client'

/** Ends every session of the person, on all devices. */
export const signOutEverywhere = (rest: Rest): Promise<unknown> => answer(rest.POST('/me/sign-out'))
