/** Has a worker keep the page for when there is no network. */

const WORKER = '/sw.js'

interface TrustedTypes {
  createPolicy: (name: string, rules: { createScriptURL: (address: string) => string }) => { createScriptURL: (address: string) => string }
}

function createScriptURL(wanted: string): string {
  if (wanted !== WORKER) throw new TypeError(`not a script of ours: ${wanted}`)
  return wanted
}

const register = () => void navigator.serviceWorker.register(trusted(WORKER)).catch(() => null)

/** The page's policy takes a script's address from nobody but a policy named `openclaw`, and this one knows one address. */
function trusted(address: string): string {
  const { trustedTypes } = window as { trustedTypes?: TrustedTypes }
  return trustedTypes?.createPolicy('openclaw', { createScriptURL }).createScriptURL(address) ?? address
}

/** The page has what it needs by then, and a browser that refuses only works less well without a network. */
export function keepForOffline(): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return
  if (document.readyState === 'complete') register()
  else window.addEventListener('load', register, { once: true })
}
