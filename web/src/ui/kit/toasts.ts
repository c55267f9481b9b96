/** Short news of what was done, that go by themselves. `PageFrame` shows them and says them aloud. */
import { Toast } from '@base-ui/react/toast'

export const toasts = Toast.createToastManager()

export function tell(sentence: string): void {
  toasts.add({ description: sentence, timeout: 6000 })
}
