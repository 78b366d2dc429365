// Franz is the loop that one would write with franz-go to copy a partition: a consumer that reads
// committed records, and an idempotent producer with its defaults (acks from all in-sync replicas)
// that writes each to the same partition of the same topic on another cluster. It knows nothing of
// gaps, and keeps offsets only where the source has none.
//
//	franz --source HOST:PORT --target HOST:PORT --topic T [--partition 0] --records N [--wait]
//
// It ends once N records are acknowledged, and prints one line of JSON: how many, and how many
// seconds it was from the start, and from the first record fetched, to the last acknowledgement.
// With --wait it then stays until it is told to end, so that its use of CPU can be looked at.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type route struct {
	source, target string
	topic          string
	partition      int
	records        int64
}

type outcome struct {
	firstFetched time.Time
	lastAnswered time.Time
}

func main() {
	started := time.Now()
	var way route
	flag.StringVar(&way.source, "source", "", "brokers to read from, with commas between them")
	flag.StringVar(&way.target, "target", "", "brokers to write to")
	flag.StringVar(&way.topic, "topic", "", "the topic, of the same name on both clusters")
	flag.IntVar(&way.partition, "partition", 0, "the partition")
	flag.Int64Var(&way.records, "records", 0, "how many records to copy, from the log's start on")
	wait := flag.Bool("wait", false, "stay until a signal comes")
	flag.Parse()

	done, err := copyRecords(way)
	if err != nil {
		fmt.Fprintln(os.Stderr, "franz:", err)
		os.Exit(1)
	}
	fmt.Printf("{\"records\": %d, \"seconds\": %.3f, \"seconds_from_first_fetched\": %.3f}\n",
		way.records, done.lastAnswered.Sub(started).Seconds(),
		done.lastAnswered.Sub(done.firstFetched).Seconds())
	if *wait {
		end := make(chan os.Signal, 1)
		signal.Notify(end, syscall.SIGTERM, syscall.SIGINT)
		<-end
	}
}

func copyRecords(way route) (outcome, error) {
	var done outcome
	consumer, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(way.source, ",")...),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{
			way.topic: {int32(way.partition): kgo.NewOffset().AtStart()},
		}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return done, err
	}
	defer consumer.Close()
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(strings.Split(way.target, ",")...),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return done, err
	}
	defer producer.Close()

	ctx, giveUp := context.WithCancelCause(context.Background())
	defer giveUp(nil)
	var acknowledged atomic.Int64
	allAnswered := make(chan time.Time, 1)
	answered := func(_ *kgo.Record, err error) {
		if err != nil {
			giveUp(fmt.Errorf("produce: %w", err))
		} else if acknowledged.Add(1) == way.records {
			allAnswered <- time.Now()
		}
	}
	for sent := int64(0); sent < way.records; {
		fetches := consumer.PollFetches(ctx)
		if ctx.Err() != nil {
			return done, context.Cause(ctx)
		}
		if err := fetches.Err(); err != nil {
			return done, fmt.Errorf("fetch: %w", err)
		}
		if done.firstFetched.IsZero() {
			done.firstFetched = time.Now()
		}
		for all := fetches.RecordIter(); !all.Done() && sent < way.records; sent++ {
			record := all.Next()
			producer.Produce(ctx, &kgo.Record{
				Topic:     record.Topic,
				Partition: record.Partition,
				Key:       record.Key,
				Value:     record.Value,
				Headers:   record.Headers,
				Timestamp: record.Timestamp,
			}, answered)
		}
	}
	select {
	case done.lastAnswered = <-allAnswered:
		return done, nil
	case <-ctx.Done():
		return done, context.Cause(ctx)
	}
}
