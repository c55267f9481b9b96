export function TelegramPage() {
  return null
}
