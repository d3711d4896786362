import { type FormEvent, useEffect, useState } from "react";

import { api, type Item } from "./api";

export function Items() {
  const [items, setItems] = useState<Item[]>();
  const [title, setTitle] = useState("");
  const [trouble, setTrouble] = useState("");

  useEffect(() => {
    api.items().then(setItems, (e: Error) => setTrouble(e.message));
  }, []);

  const add = (event: FormEvent) => {
    event.preventDefault();
    setTrouble("");
    api.addItem(title.trim()).then(
      (item) => {
        setItems((before) => [item, ...(before ?? [])]);
        setTitle("");
      },
      (e: Error) => setTrouble(e.message),
    );
  };

  return (
    <section className="card">
      <form className="row" onSubmit={add}>
        <input
          aria-label="New item"
          placeholder="What is next?"
          value={title}
          maxLength={200}
          onChange={(e) => setTitle(e.target.value)}
        />
        <button disabled={!title.trim()}>Add</button>
      </form>
      {trouble && <p role="alert">{trouble}</p>}
      {items?.length === 0 && <p className="empty">Nothing yet. Add the first item above.</p>}
      <ul>
        {items?.map((item) => (
          <li key={item.id}>
            <span>{item.title}</span>
            <time dateTime={item.created_at}>{new Date(item.created_at).toLocaleString()}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}
