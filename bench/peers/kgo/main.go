// Kgo is what an application written with franz-go does with a cluster: it creates topics (kadm),
// writes with every codec, shares a topic among two members of a group, and copies in transactions.
// Tests run it against the sandbox.
//
//	kgo --bootstrap HOST:PORT[,...] --prefix P [--records N]
//
// Topics are P-in and P-out of 4 partitions, groups P-members and P-copier. It prints one line of
// JSON: what each part of it has seen.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	partitions = 4
	patience   = 60 * time.Second
	onePoll    = 200 * time.Millisecond
)

type session struct {
	brokers  []string
	prefix   string
	records  int
	admin    *kadm.Client
	Read     int       `json:"read"`
	Twice    int       `json:"read_twice"`
	Owned    [][]int32 `json:"owned"`
	State    string    `json:"state"`
	Lag      int64     `json:"lag"`
	Commits  int       `json:"commits"`
	Aborts   int       `json:"aborts"`
	Answered int       `json:"brokers"`
}

func main() {
	var s session
	bootstrap := flag.String("bootstrap", "", "brokers, with commas between them")
	flag.StringVar(&s.prefix, "prefix", "", "what all names begin with")
	flag.IntVar(&s.records, "records", 200, "how many records to write")
	flag.Parse()
	s.brokers = strings.Split(*bootstrap, ",")

	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for _, part := range []func(context.Context) error{
		s.create, s.write, s.share, s.describe, s.transact,
	} {
		if err := part(ctx); err != nil {
			fmt.Fprintln(os.Stderr, "kgo:", err)
			os.Exit(1)
		}
	}
	line, _ := json.Marshal(s)
	fmt.Println(string(line))
}

func (s *session) client(options ...kgo.Opt) (*kgo.Client, error) {
	return kgo.NewClient(append(options, kgo.SeedBrokers(s.brokers...))...)
}

func (s *session) create(ctx context.Context) error {
	client, err := s.client()
	if err != nil {
		return err
	}
	s.admin = kadm.NewClient(client)
	versions, err := s.admin.ApiVersions(ctx)
	if err != nil {
		return err
	}
	s.Answered = len(versions)
	created, err := s.admin.CreateTopics(ctx, partitions, -1, nil, s.prefix+"-in", s.prefix+"-out")
	return errors.Join(err, created.Error())
}

// A record's key and value are its number; the codec is another one for each quarter of them.
func (s *session) write(ctx context.Context) error {
	codecs := []kgo.CompressionCodec{
		kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression(),
	}
	for i, codec := range codecs {
		client, err := s.client(kgo.ProducerBatchCompression(codec),
			kgo.DefaultProduceTopic(s.prefix+"-in"),
			kgo.RecordPartitioner(kgo.RoundRobinPartitioner()))
		if err != nil {
			return err
		}
		var records []*kgo.Record
		for n := i * s.records / len(codecs); n < (i+1)*s.records/len(codecs); n++ {
			records = append(records, kgo.KeyStringRecord(fmt.Sprint(n), fmt.Sprint(n)))
		}
		err = client.ProduceSync(ctx, records...).FirstErr()
		client.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// member is one of the group, and what it owns now.
type member struct {
	client *kgo.Client
	owned  map[int32]bool
}

func (s *session) join(topic string) (*member, error) {
	one := &member{owned: map[int32]bool{}}
	set := func(to bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			for _, partition := range changed[topic] {
				one.owned[partition] = to
			}
		}
	}
	var err error
	one.client, err = s.client(kgo.ConsumerGroup(s.prefix+"-members"), kgo.ConsumeTopics(topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.BlockRebalanceOnPoll(),
		kgo.HeartbeatInterval(200*time.Millisecond), kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(set(true)), kgo.OnPartitionsRevoked(set(false)),
		kgo.OnPartitionsLost(set(false)))
	return one, err
}

func (m *member) partitions() []int32 {
	found := []int32{}
	for partition, is := range m.owned {
		if is {
			found = append(found, partition)
		}
	}
	slices.Sort(found)
	return found
}

// share has one member, then two, read and commit until each has its part and all is read.
func (s *session) share(ctx context.Context) error {
	seen := map[string]int{}
	var members []*member
	for range 2 {
		one, err := s.join(s.prefix + "-in")
		if err != nil {
			return err
		}
		defer one.client.Close()
		members = append(members, one)
		for !s.isShared(members) || len(seen) < s.records {
			for _, one := range members {
				if err := one.poll(ctx, seen); err != nil {
					return err
				}
			}
		}
		for _, one := range members {
			s.Owned = append(s.Owned, one.partitions())
		}
	}
	described, err := s.admin.DescribeGroups(ctx, s.prefix+"-members")
	s.State = described[s.prefix+"-members"].State
	s.Read = len(seen)
	for _, count := range seen {
		s.Twice += min(count-1, 1)
	}
	return errors.Join(err, described.Error())
}

func (m *member) poll(ctx context.Context, seen map[string]int) error {
	if ctx.Err() != nil {
		return fmt.Errorf("only %d records are read: %w", len(seen), ctx.Err())
	}
	short, cancel := context.WithTimeout(ctx, onePoll)
	defer cancel()
	fetches := m.client.PollFetches(short)
	defer m.client.AllowRebalance()
	fetches.EachRecord(func(record *kgo.Record) { seen[string(record.Value)]++ })
	if fetches.NumRecords() == 0 {
		return nil
	}
	return m.client.CommitRecords(ctx, fetches.Records()...)
}

func (s *session) isShared(members []*member) bool {
	var all []int32
	for _, one := range members {
		owned := one.partitions()
		if len(owned) != partitions/len(members) {
			return false
		}
		all = append(all, owned...)
	}
	slices.Sort(all)
	return len(slices.Compact(all)) == partitions
}

func (s *session) describe(ctx context.Context) error {
	lags, err := s.admin.Lag(ctx, s.prefix+"-members")
	if err != nil {
		return err
	}
	s.Lag = lags[s.prefix+"-members"].Lag.Total()
	return lags.Error()
}

// transact copies from in to out, the group's offsets with them; every third is aborted.
func (s *session) transact(ctx context.Context) error {
	copier, err := kgo.NewGroupTransactSession(kgo.SeedBrokers(s.brokers...),
		kgo.TransactionalID(s.prefix+"-copier"), kgo.ConsumerGroup(s.prefix+"-copier"),
		kgo.ConsumeTopics(s.prefix+"-in"), kgo.DefaultProduceTopic(s.prefix+"-out"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.RequireStableFetchOffsets())
	if err != nil {
		return err
	}
	defer copier.Close()
	for copied := 0; copied < s.records; {
		fetches := copier.PollRecords(ctx, 20)
		if err := fetches.Err(); err != nil {
			return err
		}
		if err := copier.Begin(); err != nil {
			return err
		}
		fetches.EachRecord(func(record *kgo.Record) {
			copier.Produce(ctx, kgo.KeySliceRecord(record.Key, record.Value), nil)
		})
		if err := copier.Client().Flush(ctx); err != nil {
			return err
		}
		wanted := kgo.TransactionEndTry((s.Commits+s.Aborts)%3 != 2)
		committed, err := copier.End(ctx, wanted)
		if err != nil {
			return err
		}
		if committed {
			s.Commits++
			copied += fetches.NumRecords()
		} else {
			s.Aborts++
		}
	}
	return nil
}
