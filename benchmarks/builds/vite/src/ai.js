export async function ask(worker, app) {
  worker.postMessage(app);
  return fetch("https://api.groq.com/openai/v1/chat/completions", { headers: { authorization: "Bearer " + __GROQ__ } });
}

/* The old provider: {{replicate}} */
