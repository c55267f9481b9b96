/** What holds for the page on this device, and not for the agent. */
import { useState } from 'react'
import { words } from '../../text/pages'
import { LANGUAGES, type Language, chooseLanguage, chosenLanguage, language as spoken, pickLanguage } from '../../text/language'
import { Button } from '../../ui/kit/Button'
import { Card } from '../../ui/kit/Card'
import { THEMES, chooseTheme, chosenTheme } from '../../ui/theme'
import { Options } from './Options'
import styles from './Settings.module.css'
import { languageName, ownName } from './languages'

export function ThisPage() {
  const { page } = words.settings
  const [theme, setTheme] = useState(chosenTheme)
  return (
    <Card title={page.title} about={page.about}>
      <PageLanguage />
      <Options
        label={page.theme}
        hint={page.themeHint}
        options={THEMES.map((value) => ({ value, label: page.themes[value] }))}
        value={theme}
        onChoose={(next) => {
          chooseTheme(next)
          setTheme(next)
        }}
      />
    </Card>
  )
}

/** Chosen is one thing, loaded anew another: no arrow key may take the page away. */
function PageLanguage() {
  const { page } = words.settings
  const [chosen, setChosen] = useState<Language | null>(chosenLanguage)
  const byBrowser = pickLanguage(navigator.languages)
  const next = chosen ?? byBrowser

  const options = [
    { value: 'browser' as const, label: page.asBrowser(languageName(byBrowser)) },
    ...LANGUAGES.map((value) => ({ value, label: ownName(value), lang: value })),
  ]
  return (
    <div className={styles.group}>
      <Options
        label={page.language}
        options={options}
        value={chosen ?? 'browser'}
        onChoose={(value) => {
          const choice = value === 'browser' ? null : value
          chooseLanguage(choice)
          setChosen(choice)
        }}
      />
      {next !== spoken && (
        <div className={styles.notice} role="status">
          <p>{page.otherLanguage(languageName(next))}</p>
          <Button onClick={() => window.location.reload()}>{page.reload(languageName(next))}</Button>
        </div>
      )}
    </div>
  )
}
