package accountpulse;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.Serializer;

/** An exponentially decaying sum: `points` as of `at` (epoch seconds). */
record Sum(double points, double at) {

    static final Sum NOTHING = new Sum(0, 0);
    private static final double HALF_LIFE_S = 30 * 86_400.0;
    private static final int BYTES = 16;

    /** With one more event; a late one counts less by its age. */
    Sum plus(Event event) {
        double eventAt = event.at();
        double added = event.points();
        if (eventAt >= at) {
            return new Sum(points * Math.pow(2, -(eventAt - at) / HALF_LIFE_S) + added, eventAt);
        }
        return new Sum(points + added * Math.pow(2, -(at - eventAt) / HALF_LIFE_S), at);
    }

    /** What is told of an account. */
    byte[] toJson() {
        return ("{\"points\":" + points + ",\"at\":" + at + "}").getBytes(StandardCharsets.UTF_8);
    }

    /** Sixteen bytes in the state store. */
    static Serde<Sum> serde() {
        Serializer<Sum> write = (topic, sum) ->
            sum == null ? null : ByteBuffer.allocate(BYTES).putDouble(sum.points).putDouble(sum.at).array();
        Deserializer<Sum> read = (topic, bytes) -> {
            if (bytes == null) {
                return null;
            }
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            return new Sum(buffer.getDouble(), buffer.getDouble());
        };
        return Serdes.serdeFrom(write, read);
    }
}
