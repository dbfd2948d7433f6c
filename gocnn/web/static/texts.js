/** The page's words in the user's language, from one file for each language in lang/. */

export const LANGUAGES = { en: "English", zh: "中文", ja: "日本語", ko: "한국어" };
const TAGS = { en: "en", zh: "zh-Hans", ja: "ja", ko: "ko" };
const CHOSEN = "gocnn-language";

let words = {};
let language = "en";

/** The language that was chosen before, else the browser's, else English. */
export function preferredLanguage() {
  const wanted = [localStorage.getItem(CHOSEN), ...navigator.languages];
  const known = wanted.map((name) => (name ?? "").slice(0, 2)).find((name) => name in LANGUAGES);
  return known ?? "en";
}

/** Speak a language from now on. */
export async function setLanguage(name, { keep = false } = {}) {
  const response = await fetch(`/static/lang/${name}.json`);
  words = await response.json();
  language = name;
  if (keep) localStorage.setItem(CHOSEN, name);
  document.documentElement.lang = TAGS[name];
  translate(document);
}

/** The language that is spoken. */
export function currentLanguage() {
  return language;
}

/**
 * A text, with {names} in it replaced.
 * @param {string} key
 * @param {Object<string, string|number>} [values]
 */
export function text(key, values = {}) {
  return (words[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** Whether there is such a text. */
export function hasText(key) {
  return key in words;
}

/** Put texts into all elements that name one: data-text its content, data-label its label. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-text]")) {
    element.textContent = text(element.dataset.text);
  }
  for (const element of root.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", text(element.dataset.label));
    element.title = text(element.dataset.label) + (element.dataset.key
      ? ` (${element.dataset.key})` : "");
  }
}
