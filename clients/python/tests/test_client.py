"""The client against a server of the project, and against a socket that says what no server should."""

import os
import socket
import tempfile
import threading
import unittest
from pathlib import Path

from mlx5_cosim import ConnectionLost, ControlError, Device, Server, ServerFailed

PF = {"kind": "pf", "vhca_id": 5, "page_mode": "vhca_id", "vfs": {"total": 2, "first_vhca_id": 16}}


class AgainstAServer(unittest.TestCase):
    def setUp(self) -> None:
        self.server = Server(arguments=["--virtual-time"])
        self.addCleanup(self.server.close)
        self.device = self.server.device

    def test_firmwares_book_is_empty_before_a_driver_comes(self) -> None:
        snapshot = self.device.snapshot()
        self.assertEqual(set(snapshot.ledger.values()), {0})
        self.assertIn("vf1", snapshot.ledger)
        self.assertEqual((snapshot.commands, snapshot.page_requests, snapshot.holds), ([], [], {}))

    def test_functions_are_listed_with_their_sockets(self) -> None:
        functions = {function.function: function for function in self.device.functions()}
        self.assertEqual(sorted(functions), ["pf", "vf1", "vf2", "vf3"])
        pf = functions["pf"]
        self.assertFalse(pf.connected)
        self.assertTrue(pf.socket is not None and os.path.exists(pf.socket))

    def test_an_order_that_fails_says_why_and_the_next_one_works(self) -> None:
        with self.assertRaises(ControlError) as raised:
            self.device.request_pages("vf1", 4)
        self.assertIn("no event queue", raised.exception.message)
        self.assertIsNone(raised.exception.column)
        with self.assertRaises(ControlError) as raised:
            self.device.firmware({"request_pages": {"function": "vf1", "pagse": 4}})
        self.assertEqual(raised.exception.field, "firmware.request_pages.pagse")
        self.assertEqual(self.device.description()["kind"], "pf")

    def test_a_hold_is_there_until_its_block_ends(self) -> None:
        with self.device.hold("give", command="MANAGE_PAGES", op_mod=1) as hold:
            self.assertEqual(self.device.snapshot().holds, {"give": None})
            with self.assertRaises(ControlError):
                hold.wait(within_ms=0)
        self.assertEqual(self.device.snapshot().holds, {})
        hold.release()

    def test_the_clock_is_moved(self) -> None:
        self.assertEqual(self.device.time().now_ns, 0)
        self.assertEqual(self.device.advance_to(5_000_000).now_ns, 5_000_000)

    def test_firmware_is_changed_and_put_back_by_another_device(self) -> None:
        self.device.reconfigure(return_order="oldest")
        self.assertEqual(self.device.description()["firmware"]["return_order"], "oldest")
        self.device.answer("QUERY_HCA_CAP", {"never": {}}, times=2)
        other = self.device.description()
        other["firmware"]["return_order"] = "newest"
        self.device.replace(other)
        self.assertNotEqual(self.device.description().get("firmware", {}).get("return_order"), "oldest")

    def test_who_subscribes_hears_of_what_happens(self) -> None:
        news = self.device.subscribe()
        with Device(self.server.control) as other:
            other.firmware({"link": "down"})
            # What comes before the answer of an order is kept for the news.
            self.assertEqual(self.device.time().now_ns, 0)
            other.firmware({"link": "up"})
        heard = [next(news), next(news)]
        self.assertEqual([(line["record"], line["link"]) for line in heard], [("link", "down"), ("link", "up")])

    def test_records_and_commands_are_lists(self) -> None:
        self.assertEqual(self.device.commands(), [])
        self.assertEqual(self.device.look().records, [])
        self.assertIn("functions", self.device.server_counters())

    def test_a_server_without_a_guest_says_so(self) -> None:
        for ask in (self.device.guest_counters, self.device.dmesg):
            with self.assertRaises(ControlError):
                ask()
        with self.assertRaises(ControlError):
            self.device.insmod("mlx5_core", "debug_mask=1")

    def test_after_the_end_nothing_can_be_asked(self) -> None:
        self.device.shutdown()
        with self.assertRaises(ConnectionLost):
            while True:
                self.device.time()


class WithoutAServer(unittest.TestCase):
    def test_a_server_that_does_not_come_up_says_why(self) -> None:
        with self.assertRaises(ServerFailed) as raised:
            Server(device="/no/such/device.json")
        self.assertIn("/no/such/device.json", str(raised.exception))

    def test_a_program_that_is_not_there_leaves_no_folder(self) -> None:
        before = set(Path(tempfile.gettempdir()).glob("mlx5-cosim-*"))
        with self.assertRaises(OSError):
            Server(program="/no/such/program")
        self.assertEqual(set(Path(tempfile.gettempdir()).glob("mlx5-cosim-*")) - before, set())

    def test_an_order_has_one_name_and_a_length(self) -> None:
        with Imposter([]) as device:
            for order in ({}, {"time": {}, "look": {}}):
                with self.assertRaises(ValueError):
                    device.order(order)
            with self.assertRaises(ValueError):
                device.order({"replace": "x" * 70_000})

    def test_what_no_server_says_ends_the_connection(self) -> None:
        for said in (b"no json\n", b"[1]\n", b'{"id":1}\n', b'{"id":1,"time"', b""):
            with self.subTest(said=said), Imposter([said]) as device:
                with self.assertRaises(ConnectionLost):
                    device.time()

    def test_a_server_that_is_silent_is_not_waited_for_without_end(self) -> None:
        with Imposter([None], timeout=0.2) as device:
            with self.assertRaises(TimeoutError):
                device.time()

    def test_an_error_without_words_is_an_error(self) -> None:
        with Imposter([b'{"id":1,"error":{}}\n']) as device:
            with self.assertRaises(ControlError) as raised:
                device.time()
        self.assertEqual(raised.exception.message, "refused without a word")


class Imposter:
    """A socket that answers each line with what it is given; None says nothing and stays."""

    def __init__(self, answers, timeout=10.0) -> None:
        self.folder = tempfile.TemporaryDirectory()
        path = os.path.join(self.folder.name, "c.sock")
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(path)
        self.listener.listen(1)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.serve, args=(list(answers),))
        self.thread.start()
        self.device = Device(path, timeout=timeout)

    def serve(self, answers) -> None:
        connection, _ = self.listener.accept()
        with connection:
            for answer in answers:
                connection.recv(1 << 16)
                if answer is None:
                    self.over.wait(10)
                    return
                connection.sendall(answer)

    def __enter__(self) -> Device:
        return self.device

    def __exit__(self, *_) -> None:
        self.over.set()
        self.device.close()
        self.thread.join()
        self.listener.close()
        self.folder.cleanup()


if __name__ == "__main__":
    unittest.main()
