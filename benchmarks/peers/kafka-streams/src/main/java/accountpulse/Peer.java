package accountpulse;

import java.util.List;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Grouped;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;

/**
 * The peer written with Kafka Streams' own language: one stream of several topics, grouped by key, aggregated in a
 * persistent store with its cache, the changes to an output topic.
 *
 * Arguments: application id, bootstrap, comma-separated input topics, output topic, state directory, then any settings
 * of Kafka Streams as name=value.
 */
public final class Peer {

    private Peer() {
    }

    /** Runs until SIGTERM. */
    public static void main(String[] arguments) {
        Properties settings = settings(arguments);
        KafkaStreams streams = new KafkaStreams(topology(List.of(arguments[2].split(",")), arguments[3]), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings(String[] arguments) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[0]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, arguments[4]);
        for (int index = 5; index < arguments.length; index++) {
            String[] pair = arguments[index].split("=", 2);
            settings.put(pair[0], pair[1]);
        }
        return settings;
    }

    private static Topology topology(List<String> inputs, String output) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(inputs, Consumed.with(Serdes.String(), Serdes.ByteArray()))
            .mapValues(Event::parse)
            .filter((account, event) -> event != null)
            .groupByKey(Grouped.with(Serdes.String(), null))
            .aggregate(
                () -> Sum.NOTHING,
                (account, event, sum) -> sum.plus(event),
                Materialized.with(Serdes.String(), Sum.serde()))
            .toStream()
            .mapValues(Sum::toJson)
            .to(output, Produced.with(Serdes.String(), Serdes.ByteArray()));
        return builder.build();
    }
}
