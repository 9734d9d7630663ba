"use server";

export async function ask(text) {
  return (await fetch("https://api.openai.com/v1/responses", { method: "POST", body: text, headers: { authorization: "Bearer {{openai}}" } })).text();
}
