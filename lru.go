package kiln

import "container/list"

// lru is a map of bounded size that forgets what has not been used for longest. It is not safe for concurrent use.
type lru[K comparable, V any] struct {
	size    int
	order   *list.List // of *lruItem[K, V], the last used first
	items   map[K]*list.Element
	dropped func(V) // told of each value that is forgotten; may be nil
}

type lruItem[K comparable, V any] struct {
	key   K
	value V
}

func newLRU[K comparable, V any](size int, dropped func(V)) *lru[K, V] {
	return &lru[K, V]{size: size, order: list.New(), items: map[K]*list.Element{}, dropped: dropped}
}

// get returns the value of a key and makes it the last used; the zero value if there is none.
func (c *lru[K, V]) get(key K) (v V) {
	if e := c.items[key]; e != nil {
		c.order.MoveToFront(e)
		return e.Value.(*lruItem[K, V]).value
	}
	return v
}

// put adds or replaces a value.
func (c *lru[K, V]) put(key K, v V) {
	if c.size <= 0 {
		return
	}
	c.remove(key)
	c.items[key] = c.order.PushFront(&lruItem[K, V]{key, v})
	for len(c.items) > c.size {
		c.remove(c.order.Back().Value.(*lruItem[K, V]).key)
	}
}

func (c *lru[K, V]) remove(key K) {
	e := c.items[key]
	if e == nil {
		return
	}
	c.order.Remove(e)
	delete(c.items, key)
	if c.dropped != nil {
		c.dropped(e.Value.(*lruItem[K, V]).value)
	}
}

func (c *lru[K, V]) clear() {
	for key := range c.items {
		c.remove(key)
	}
}
