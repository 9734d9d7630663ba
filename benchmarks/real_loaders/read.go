// What Docker Compose reads: `read FOLDER` prints one JSON list for FOLDER/cases.json, with compose-go's own parser.
package main

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/dotenv"
)

func main() {
	var cases []struct {
		Dir   string            `json:"dir"`
		Outer map[string]string `json:"outer"`
	}
	content, err := os.ReadFile(filepath.Join(os.Args[1], "cases.json"))
	if err == nil {
		err = json.Unmarshal(content, &cases)
	}
	if err != nil {
		panic(err)
	}
	result := []map[string]string{}
	for _, one := range cases {
		values, err := dotenv.GetEnvFromFile(one.Outer, []string{filepath.Join(os.Args[1], one.Dir, ".env")})
		if err != nil {
			values = nil
		}
		for name := range one.Outer {
			delete(values, name)
		}
		result = append(result, values)
	}
	_ = json.NewEncoder(os.Stdout).Encode(result)
}
