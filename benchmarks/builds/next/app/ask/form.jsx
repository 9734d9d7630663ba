"use client";

export default function Form({ action }) {
  return <form action={() => action("hello")}><button>Ask</button></form>;
}
