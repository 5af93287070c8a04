package memory

import (
	"bufio"
	"math"
	"os"
	"path"
	"strconv"
	"strings"
)

// DefaultLimit is 80 percent of what the process may use: the machine's memory, or its control group's limit where that
// is lower. Where neither is known it is 4 GiB.
func DefaultLimit() int64 {
	total := machineMemory("/proc/meminfo")
	if group := groupLimit("/proc/self/cgroup", "/sys/fs/cgroup"); group > 0 && (total <= 0 || group < total) {
		total = group
	}
	if total <= 0 {
		return 4 << 30
	}
	return total / 10 * 8
}

// machineMemory reads MemTotal of a meminfo file; 0 if unknown.
func machineMemory(file string) int64 {
	f, err := os.Open(file)
	if err != nil {
		return 0
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) >= 2 && fields[0] == "MemTotal:" {
			kb, _ := strconv.ParseInt(fields[1], 10, 64)
			return kb << 10
		}
	}
	return 0
}

// groupLimit is the lowest memory limit of the process's control group and its parents; 0 if there is none.
func groupLimit(self, root string) int64 {
	text, err := os.ReadFile(self)
	if err != nil {
		return 0
	}
	low := int64(math.MaxInt64)
	for _, line := range strings.Split(string(text), "\n") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		base, file := root, "memory.max"
		if parts[1] != "" {
			if !strings.Contains(","+parts[1]+",", ",memory,") {
				continue
			}
			base, file = root+"/memory", "memory.limit_in_bytes"
		}
		for dir := parts[2]; ; dir = path.Dir(dir) {
			if v := readLimit(path.Join(base, dir, file)); v > 0 {
				low = min(low, v)
			}
			if dir == "/" || dir == "." || dir == "" {
				break
			}
		}
	}
	if low >= 1<<60 {
		return 0
	}
	return low
}

func readLimit(file string) int64 {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	v, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return 0
	}
	return v
}
