// Every page of the app, in one place: pages.test.mjs visits all of them, look.mjs takes their pictures.
import { quietAfter } from './still.mjs'

export const ADDRESSES = [
  '/c/default',
  '/agent',
  '/agent/files',
  '/agent/skills',
  '/agent/schedules',
  '/agent/snapshots',
  '/agent/telegram',
  '/agent/usage',
  '/settings',
  '/settings/data',
]

/** Goes there without a reload, as a link on the page would, and waits until it is all there. */
export const visit = (page, path) =>
  quietAfter(page, () => page.evaluate((to) => (history.pushState(null, '', to), dispatchEvent(new PopStateEvent('popstate'))), path))
