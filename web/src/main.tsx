/** Configuration, session, page: in this order, so that no page is ever without the first two. */
// Before all others: what a part of the page says of itself comes after it, and counts.
// oxlint-disable-next-line import/no-unassigned-import
import './ui/base.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app/App'
import { keepForOffline } from './app/offline'
import { startSession } from './auth/session'
import { loadConfig } from './config'
import { CrashPage } from './pages/CrashPage'
import { text } from './text'
import { directionOf } from './text/direction'
import { language } from './text/language'

document.documentElement.lang = language
document.documentElement.dir = directionOf(language)
keepForOffline()

const element = document.getElementById('root')
if (!element) throw new Error('index.html has no #root')
const root = createRoot(element)

try {
  const config = await loadConfig()
  const session = await startSession(config)
  root.render(
    <StrictMode>
      <App config={config} session={session} />
    </StrictMode>,
  )
} catch {
  root.render(<CrashPage message={text.errors.config} />)
}
