import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runOrThrow } from '../../packaging/run.js';
import { withStores, type GeneratedApp } from './generated-app.js';

const server = `package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"
)

func stores(ctx context.Context) (map[string]any, error) {
	connection, err := pgx.Connect(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return nil, err
	}
	defer connection.Close(ctx)
	if _, err := connection.Exec(ctx, "create table if not exists visits (id serial primary key)"); err != nil {
		return nil, err
	}
	if _, err := connection.Exec(ctx, "insert into visits default values"); err != nil {
		return nil, err
	}
	var visits int
	if err := connection.QueryRow(ctx, "select count(*) from visits").Scan(&visits); err != nil {
		return nil, err
	}
	options, err := redis.ParseURL(os.Getenv("REDIS_URL"))
	if err != nil {
		return nil, err
	}
	cache := redis.NewClient(options)
	defer cache.Close()
	if err := cache.Set(ctx, "visits", visits, 0).Err(); err != nil {
		return nil, err
	}
	text, err := cache.Get(ctx, "visits").Result()
	if err != nil {
		return nil, err
	}
	key, err := strconv.Atoi(text)
	return map[string]any{"row": visits, "key": key, "project": os.Getenv("ENVCTL_PROJECT_NAME")}, err
}

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("Hello, Go")) })
	http.HandleFunc("/stores", func(w http.ResponseWriter, r *http.Request) {
		found, err := stores(r.Context())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		json.NewEncoder(w).Encode(found)
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil))
}
`;

/** Go has no generator of servers; this is one of its standard library. */
export const goApp: GeneratedApp = {
  id: 'go',
  generator: 'go mod init',
  service: 'backend',
  rule: 'go',
  async generate(world) {
    const go = (...args: string[]) => runOrThrow('go', args, { cwd: world.repository, env: world.env });
    await mkdir(world.repository);
    await go('mod', 'init', 'example.org/shop');
    await writeFile(path.join(world.repository, 'main.go'), server);
    await go('mod', 'tidy');
    // Compiling its packages for the first time takes longer than a start waits.
    await go('build', '-o', '/dev/null', '.');
    return (await go('env', 'GOVERSION')).stdout.trim();
  },
  files: { '.envctl': withStores },
  stores: '/stores',
  page: { path: '/', has: 'Hello, Go' },
  loopbackOnly: true,
};
