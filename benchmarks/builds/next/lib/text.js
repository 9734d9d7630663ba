export function format(text) {
  return text.toUpperCase();
}

export async function summarise(text) {
  return fetch("https://api.anthropic.com/v1/messages", { method: "POST", body: text, headers: { "x-api-key": "{{anthropic}}" } });
}
