package accountpulse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import java.io.IOException;
import java.math.BigDecimal;
import java.time.OffsetDateTime;

/** A CloudEvent as the peer reads it: parsed with Jackson, its fields checked, far fewer of them than the product checks. */
@JsonIgnoreProperties(ignoreUnknown = true)
record Event(String specversion, String id, String source, String subject, String type, String time, JsonNode data) {

    private static final ObjectReader READER = new ObjectMapper().readerFor(Event.class);

    /** The event in a record's value, or null when it is none that we accept. */
    static Event parse(byte[] value) {
        try {
            Event event = READER.readValue(value);
            return event.isValid() ? event : null;
        } catch (IOException | RuntimeException error) {
            return null;
        }
    }

    /** When it happened, epoch seconds. */
    double at() {
        OffsetDateTime parsed = OffsetDateTime.parse(time);
        return parsed.toEpochSecond() + parsed.getNano() / 1e9;
    }

    /** What it adds to the account's sum. */
    double points() {
        return switch (type) {
            case "interaction.logged.v1" -> data.path("sentiment").asDouble();
            case "purchase.order_placed.v1" -> 2.0;
            case "complaint.opened.v1" -> -2.0 * data.path("severity").asInt();
            case "complaint.resolved.v1" -> 1.0;
            default -> 0.1;
        };
    }

    private boolean isValid() {
        return "1.0".equals(specversion) && filled(id) && filled(source) && filled(subject) && filled(type)
            && filled(time) && data != null && data.isObject() && isDataValid();
    }

    private boolean isDataValid() {
        return switch (type) {
            case "interaction.logged.v1" -> Math.abs(data.path("sentiment").asDouble()) <= 1.0;
            case "purchase.order_placed.v1" -> filled(data.path("order_id").asText(null)) && isMoney();
            case "purchase.invoice_issued.v1" -> filled(data.path("invoice_id").asText(null)) && isMoney();
            case "complaint.opened.v1" -> isSeverity(data.path("severity").asInt());
            default -> true;
        };
    }

    private boolean isMoney() {
        String currency = data.path("currency").asText("");
        return currency.length() == 3 && new BigDecimal(data.path("amount").asText()).signum() > 0;
    }

    private static boolean isSeverity(int severity) {
        return severity >= 1 && severity <= 4;
    }

    private static boolean filled(String text) {
        return text != null && !text.isEmpty();
    }
}
