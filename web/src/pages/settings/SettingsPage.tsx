/** What a person chooses: of this page on this device, and of the agent. Each choice is saved by itself. */
import { words } from '../../text/pages'
import { Loading, Problem } from '../../ui/kit/Async'
import { Answers } from './Answers'
import { Notifications } from './Notifications'
import { ThisPage } from './ThisPage'
import { Times } from './Times'
import { useSettings } from './useChoice'

export function SettingsPage() {
  const { data, error, refetch } = useSettings()
  return (
    <>
      <ThisPage />
      {data && (
        <>
          <Answers page={data} />
          <Times page={data} />
          <Notifications />
        </>
      )}
      {!data && (error ? <Problem error={error} onRetry={() => void refetch()} /> : <Loading label={words.settings.loading} lines={6} />)}
    </>
  )
}
