/** Whether a deletion's receipt waits to be read, without any of what reads it. */
export const RECEIPT_KEY = 'openclaw.receipt'

export const hasReceipt = (): boolean => sessionStorage.getItem(RECEIPT_KEY) !== null
